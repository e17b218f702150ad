using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Injecting;

/// <summary>What a run of inject is asked to do.</summary>
/// <param name="To">The server.</param>
/// <param name="Sender">The envelope sender; empty is the null sender.</param>
/// <param name="Recipients">The recipients of every message.</param>
/// <param name="Connections">Connections at the same time.</param>
/// <param name="Window">Packages that may await their reply on one connection.</param>
/// <param name="Repeat">How often each file is sent.</param>
/// <param name="Json">Whether to print JSON.</param>
/// <param name="Files">The files; <c>-</c> is standard input.</param>
internal sealed record InjectOptions(
    EcStreamEndpoint To,
    string Sender,
    IReadOnlyList<string> Recipients,
    int Connections,
    int Window,
    int Repeat,
    bool Json,
    IReadOnlyList<string> Files)
{
    public long Total => (long)Files.Count * Repeat;
}
