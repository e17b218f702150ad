namespace EcStreamOrleans.AdminApi;

/// <summary>The answer of <c>GET /api/v1/config</c>: the configuration that the node runs.</summary>
/// <param name="Text">The merged configuration, includes in their place, as text that can be read again.</param>
/// <param name="Generation">1 for the one that the node started with, one more for every reload that took effect.</param>
/// <param name="File">The file that it was read from, or null for the configuration that is shipped.</param>
public sealed record ConfigReport(string Text, long Generation, string? File);

/// <summary>
/// The answer of <c>POST /api/v1/config/reload</c>, with status 200 whether it succeeded or not: a file that cannot take effect is
/// an answer, and the configuration from before stays.
/// </summary>
/// <param name="Succeeded">Whether the configuration took effect.</param>
/// <param name="Generation">The generation that is in effect now.</param>
/// <param name="Errors">What keeps the file from taking effect, each as <c>FILE:LINE:COLUMN: error: …</c>; empty if it did.</param>
/// <param name="Warnings">What else there is to say about the file, in the same form.</param>
/// <param name="Listens">The sockets that came, went or changed; empty if none did.</param>
public sealed record ReloadReport(
    bool Succeeded, long Generation, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, IReadOnlyList<ListenChange> Listens);

/// <summary>What a reload did to one Listen.</summary>
/// <param name="Address">As the configuration writes it.</param>
/// <param name="Change"><c>added</c>, <c>removed</c>, <c>changed</c> or <c>failed</c>.</param>
/// <param name="Error">Why it does not listen, or null.</param>
public sealed record ListenChange(string Address, string Change, string? Error);
