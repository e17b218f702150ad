namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>Writes the path of a scope as the console does: every level as <c>Name:Instance:</c>, colons of an instance escaped.</summary>
internal static class ScopePath
{
    /// <summary>The scope that holds the Peer scopes of all Listens.</summary>
    public const string Listener = $"{Vocabulary.Listener}::";

    /// <summary>The instance by which two scopes of one name are the same: the block of a Peer has many spellings.</summary>
    public static string? Instance(string name, string? instance) =>
        string.Equals(name, Vocabulary.Peer, StringComparison.OrdinalIgnoreCase) && CidrBlock.TryParse(instance, out var block)
            ? block.ToString()
            : instance;

    /// <param name="parent">The path of the enclosing scope, empty for the global one.</param>
    /// <param name="name">The name of the scope.</param>
    /// <param name="instance">Its instance.</param>
    public static string Of(string parent, string name, string instance) =>
        $"{parent}{name}:{instance.Replace(":", "\\:", StringComparison.Ordinal)}:";
}
