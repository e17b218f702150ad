namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// What to do with what Momentum has taken until now, and should not be: an option that is not valid in a <c>Peer</c>, a value in single
/// quotes, a global scope that nobody knows.
/// </summary>
public enum ConfigStrictness
{
    /// <summary>It is an error.</summary>
    Strict,

    /// <summary>The option and the scope are ignored, the quotes are read as double ones, each with a warning.</summary>
    Lenient,
}
