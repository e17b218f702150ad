using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Delivery.Maildirs;

/// <summary>
/// What a delivery to a Maildir came to. Every failure is a temporary one: a full disk passes, and a wrong directory or a
/// missing right is a mistake in a configuration, for which no mail may be lost.
/// </summary>
public sealed class MaildirResult
{
    private MaildirResult(string? path, string? reason)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>Whether the message is in the Maildir, durably.</summary>
    [MemberNotNullWhen(true, nameof(Path))]
    [MemberNotNullWhen(false, nameof(Reason))]
    public bool IsDelivered => Path is not null;

    /// <summary>The file, or null.</summary>
    public string? Path { get; }

    /// <summary>Why not, in words for a person, naming the path; or null.</summary>
    public string? Reason { get; }

    internal static MaildirResult Delivered(string path) => new(path, null);

    internal static MaildirResult TemporaryFailure(string reason) => new(null, reason);
}
