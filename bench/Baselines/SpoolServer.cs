using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace EcStreamOrleans.Baselines;

/// <summary>
/// What socket, framing and disk allow: the silo's spool, and nothing between it and the socket. A stream that is broken, or a
/// package over a limit, ends its connection.
/// </summary>
internal sealed class SpoolServer(MailSpool spool) : IAsyncDisposable
{
    public static SpoolServer Open(string directory, int spares)
    {
        var options = new SpoolOptions { Directory = directory, SpareSegments = spares };
        Directory.CreateDirectory(directory);
        var files = new SpoolFiles(options.BypassPageCache && SpoolFiles.CanBypassPageCache(directory, out _));
        return new SpoolServer(MailSpool.Open(options, files, TimeProvider.System, NullLogger<MailSpool>.Instance));
    }

    public async Task ConverseAsync(Socket socket)
    {
        var peer = ((IPEndPoint)socket.RemoteEndPoint!).Address.ToString();
        using var conversation = new SpoolConversation(spool, socket, peer, socket.LocalEndPoint!.ToString()!);
        await conversation.RunAsync();
    }

    public ValueTask DisposeAsync() => spool.DisposeAsync();
}
