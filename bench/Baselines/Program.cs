using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using EcStreamOrleans.Baselines;

const string Usage = """
    Usage: EcStreamOrleans.Baselines frames PORT          frames, and says yes
           EcStreamOrleans.Baselines spool PORT DIR N     frames, spools in DIR with N segments written in advance, and says yes
           EcStreamOrleans.Baselines null …               the silo with its own arguments, and a spool that keeps nothing
    """;

switch (args)
{
    case ["frames", var port] when IPEndPoint.TryParse($"127.0.0.1:{port}", out var at):
        return await ServeAsync(new BareServer(at, FramesServer.ConverseAsync));

    case ["spool", var port, var directory, var spares] when IPEndPoint.TryParse($"127.0.0.1:{port}", out var at) && int.TryParse(spares, out var count):
        await using (var spool = SpoolServer.Open(directory, count))
        {
            return await ServeAsync(new BareServer(at, spool.ConverseAsync));
        }

    case ["null", .. var arguments]:
        return await NullSilo.Program.RunAsync(arguments, Console.Out, Console.Error);

    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

static async Task<int> ServeAsync(BareServer server)
{
    using var stop = new CancellationTokenSource();
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"listens on port {server.Port}"));
    return await server.RunAsync(stop.Token) ? 0 : 1;

    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
