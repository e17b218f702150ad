namespace EcStreamOrleans.Transport;

/// <summary>The files of <see cref="TransportSettings"/> cannot be used.</summary>
/// <param name="errors">A sentence for everything that is wrong.</param>
public sealed class TransportCredentialsException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>A sentence for everything that is wrong.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
