namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A value that applies, and the scope it comes from.</summary>
/// <typeparam name="T">The type of the option.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Origin">
/// The scope that set it, as the console writes paths (<c>ECStream_Listener::Listen:127.0.0.1\:1825:</c>), or
/// <c>Global</c>, or <c>default</c> if no scope sets it.
/// </param>
public readonly record struct Effective<T>(T Value, string Origin);
