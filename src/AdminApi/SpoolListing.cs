namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/spool?limit=N</c>: what the spool keeps, oldest first.</summary>
/// <param name="Messages">At most the limit asked for.</param>
/// <param name="Truncated">Whether there are more.</param>
public sealed record SpoolListing(IReadOnlyList<SpoolEntry> Messages, bool Truncated);

/// <summary>One message that the spool keeps.</summary>
/// <param name="Id">The id that the <c>K</c> reply gave.</param>
/// <param name="State"><c>waiting</c> or <c>failed</c>.</param>
/// <param name="Peer">The injecting peer.</param>
/// <param name="AcceptedAt">When it was accepted, UTC.</param>
/// <param name="PackageBytes">Octets of the package: message and envelope.</param>
/// <param name="Sender">The envelope sender; empty is the null sender.</param>
/// <param name="Recipients">The recipients.</param>
/// <param name="Text">The gateway's words, for a failed message.</param>
public sealed record SpoolEntry(
    string Id,
    string State,
    string Peer,
    DateTimeOffset AcceptedAt,
    long PackageBytes,
    string Sender,
    IReadOnlyList<string> Recipients,
    string? Text);

/// <summary>The answer of <c>GET /api/v1/spool/{id}</c>: one message, whole.</summary>
/// <param name="Entry">As in the listing.</param>
/// <param name="Message">The message, octet for octet (base64 in JSON).</param>
public sealed record SpoolMessage(SpoolEntry Entry, byte[] Message);
