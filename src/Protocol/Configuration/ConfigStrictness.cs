namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What to do with an option that stands where it cannot take effect by its own rules.</summary>
public enum ConfigStrictness
{
    /// <summary>It is an error.</summary>
    Strict,

    /// <summary>It is ignored with a warning, for files that Momentum has taken until now.</summary>
    Lenient,
}
