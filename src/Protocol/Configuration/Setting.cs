namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>An option where a scope sets it, with its value as the type that its definition names.</summary>
internal sealed record Setting(ConfigOption Option, object Value);
