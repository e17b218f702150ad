namespace EcStreamOrleans.Grains.Policy;

/// <summary>The policy's store does not answer: what is set goes on, and nothing can be changed.</summary>
[GenerateSerializer, Alias("ecstream.policy-store-exception")]
public sealed class PolicyStoreException : Exception
{
    /// <summary>For the framework.</summary>
    public PolicyStoreException()
    {
    }

    /// <summary>For the framework.</summary>
    public PolicyStoreException(string message)
        : base(message)
    {
    }

    /// <summary>For the framework.</summary>
    public PolicyStoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    private PolicyStoreException(string message, bool isInDoubt)
        : base(message) => IsInDoubt = isInDoubt;

    /// <summary>Whether a change may have been made all the same.</summary>
    [Id(0)]
    public bool IsInDoubt { get; private set; }

    internal static PolicyStoreException NotChanged(Exception error, bool isInDoubt, long version) => new(
        $"The policy's store fails: {Reason(error)} {(isInDoubt ? "Whether this change was made is not known: the policy log tells." : "Nothing was changed.")} This cluster goes on with version {version}.",
        isInDoubt);

    internal static PolicyStoreException NotRead(Exception error) => new($"The policy's store fails: {Reason(error)} Nothing can be read from it or changed now; what is set goes on.", isInDoubt: false);

    /// <summary>What an error of a store says, in a line.</summary>
    internal static string Reason(Exception error) => $"{error.GetBaseException().Message.Split('\n')[0].Trim().TrimEnd('.')}.";
}
