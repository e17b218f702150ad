using System.Net;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

public sealed class EcStreamConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ReadOnlyMemory<byte>[] Recipients = ["b@example.com"u8.ToArray()];

    [Fact]
    public async Task Replies_Pipelined_ComeInOrder()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            for (var i = 0; await connection.ReadPackageAsync() is not null; i++)
            {
                await connection.ReplyAsync($"K2.0.0 {i}");
            }
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 100);
        var texts = new List<string>();
        var end = await client.CloseAsync((index, reply) => texts.Add($"{index} {reply.Text}"), Patience, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i} 2.0.0 {i}"), texts);
        Assert.Equal((EcStreamEndKind.Closed, 100L, 0L), (end.Kind, end.Answered, end.Unanswered));
    }

    [Fact]
    public async Task Reply_OctetByOctet_IsOneReply()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            foreach (var c in "9:Z4.3.1 no,")
            {
                await connection.WriteAsync(c.ToString());
            }
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 1);
        var reply = await client.ReadReplyAsync(Patience, CancellationToken.None);
        Assert.Equal(new Reply(ReplyCode.Deferred, "4.3.1 no"), reply.Reply);
    }

    [Fact]
    public async Task SendPackages_Verbatim_ArriveAsTheyAre()
    {
        var received = new List<string>();
        await using var server = new ScriptedServer(async connection =>
        {
            while (await connection.ReadPackageAsync() is { } package)
            {
                received.Add(Encoding.ASCII.GetString(package));
                await connection.ReplyAsync("K2.0.0 ok");
            }
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        const string Package = "12:1:x,1:a,1:b,,";
        client.WritePackage(Encoding.ASCII.GetBytes(Package));
        Assert.True(await client.SendPackagesAsync(Encoding.ASCII.GetBytes(Package + Package), 2, CancellationToken.None));
        await client.CloseAsync((_, _) => { }, Patience, CancellationToken.None);
        Assert.Equal([Package, Package, Package], received);
    }

    [Fact]
    public async Task ServerClosesAfterOneReply_SuggestsOnePackageAConnection()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.ReplyAsync("K2.0.0 ok");
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 3);
        Assert.False((await client.ReadReplyAsync(Patience, CancellationToken.None)).HasEnded);
        var end = (await client.ReadReplyAsync(Patience, CancellationToken.None)).End;
        Assert.True(end!.SuggestsOnePackageAConnection, end.Text);
        Assert.Equal((1L, 2L), (end.Answered, end.Unanswered));
        Assert.False(await client.SendPackagesAsync("1:x,"u8.ToArray(), 1, CancellationToken.None));
    }

    [Theory]
    [InlineData("9:K2.0.", EcStreamEndKind.ClosedInsideReply)]
    [InlineData("", EcStreamEndKind.Closed)]
    [InlineData("220 smtp.example.com ESMTP\r\n", EcStreamEndKind.Malformed)]
    [InlineData("09:K2.0.0 ok,", EcStreamEndKind.Malformed)]
    [InlineData("8:K2.0.0 o.", EcStreamEndKind.Malformed)]
    [InlineData("9:X2.0.0 ok,", EcStreamEndKind.Malformed)]
    public async Task ServerSendsAndCloses_EndSaysHow(string octets, EcStreamEndKind expected)
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.WriteAsync(octets);
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 1);
        var end = (await client.ReadReplyAsync(Patience, CancellationToken.None)).End;
        Assert.Equal((expected, 0L, 1L), (end!.Kind, end.Answered, end.Unanswered));
        Assert.False(end.SuggestsOnePackageAConnection);
        Assert.Same(end, (await client.ReadReplyAsync(Patience, CancellationToken.None)).End);
    }

    [Fact]
    public async Task ServerResets_EndIsReset()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            connection.Reset();
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 1);
        Assert.Equal(EcStreamEndKind.Reset, (await client.ReadReplyAsync(Patience, CancellationToken.None)).End!.Kind);
    }

    [Fact]
    public async Task ReplyToNothing_IsMalformed()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.WriteAsync("9:K2.0.0 ok,9:K2.0.0 ok,");
        });
        await using var client = await ConnectAsync(server, TimeProvider.System);
        await SendAsync(client, 1);
        Assert.False((await client.ReadReplyAsync(Patience, CancellationToken.None)).HasEnded);
        Assert.Equal(EcStreamEndKind.Malformed, (await client.ReadReplyAsync(Patience, CancellationToken.None)).End!.Kind);
    }

    [Fact]
    public async Task NoReplyInTime_EndIsTimedOut()
    {
        var clock = new FakeTimeProvider();
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReadPackageAsync();
            await connection.ReplyAsync("K2.0.0 ok");
            await Task.Delay(Timeout.Infinite, connection.End);
        });
        await using var client = await ConnectAsync(server, clock);
        await SendAsync(client, 2);
        Assert.False((await client.ReadReplyAsync(Patience, CancellationToken.None)).HasEnded);
        var waiting = client.ReadReplyAsync(Patience, CancellationToken.None).AsTask();
        clock.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(EcStreamEndKind.TimedOut, (await waiting.WaitAsync(Patience)).End!.Kind);
    }

    [Fact]
    public async Task Abort_WhileWriteIsHeldUpByTheServer_ReleasesIt()
    {
        await using var server = new ScriptedServer(connection => Task.Delay(Timeout.Infinite, connection.End));
        await using var client = await ConnectAsync(server, TimeProvider.System);

        // More than both sockets' buffers hold, so the write cannot complete.
        var sending = client.SendPackagesAsync(new byte[64_000_000], 1, CancellationToken.None).AsTask();
        Assert.False(sending.IsCompleted);
        client.Abort();
        Assert.False(await sending.WaitAsync(Patience));
        Assert.Equal(EcStreamEndKind.Aborted, (await client.ReadReplyAsync(Patience, CancellationToken.None)).End!.Kind);
    }

    [Fact]
    public async Task Connect_NobodyListens_SaysSo()
    {
        var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = free.LocalEndpoint.ToString();
        free.Stop();
        Assert.True(EcStreamEndpoint.TryParse(address, out var endpoint, out _));
        var result = await EcStreamConnection.ConnectAsync(endpoint, Patience, EcStreamCodec.Instance, TimeProvider.System, CancellationToken.None);
        Assert.False(result.IsConnected);
        Assert.Contains(address!, result.Error);
    }

    private static async Task<EcStreamConnection> ConnectAsync(ScriptedServer server, TimeProvider timeProvider)
    {
        var result = await EcStreamConnection.ConnectAsync(server.Endpoint, Patience, EcStreamCodec.Instance, timeProvider, CancellationToken.None);
        return result.Connection ?? throw new InvalidOperationException(result.Error);
    }

    private static async Task SendAsync(EcStreamConnection client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            client.WriteMessage("Subject: x\n\nx\n"u8, "a@example.com"u8, Recipients);
        }

        Assert.True(await client.FlushAsync(CancellationToken.None));
    }
}
