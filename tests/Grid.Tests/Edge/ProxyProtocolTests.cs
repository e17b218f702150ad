using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>Behind a load balancer the peer is whom the PROXY header names.</summary>
public sealed class ProxyProtocolTests : IDisposable
{
    private const string Conf = """ECStream_Listener { Peer "192.0.2.0/24" { } Peer "2001:db8::/32" { } Listen "127.0.0.1:0" { } }""";

    private readonly TempDirectory _directory = new();

    public static TheoryData<byte[], string> Headers => new()
    {
        { "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1825\r\n"u8.ToArray(), "192.0.2.7" },
        { "PROXY TCP6 2001:db8::7 ::1 56324 1825\r\n"u8.ToArray(), "2001:db8::7" },
        { [.. V2, 0x21, 0x11, 0, 12, 192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 7, 33], "192.0.2.7" },
        { [.. V2, 0x21, 0x11, 0, 16, 192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 7, 33, 4, 0, 1, 0], "192.0.2.7" },
        { "PROXY UNKNOWN\r\n"u8.ToArray(), "127.0.0.1" },
        { [.. V2, 0x20, 0, 0, 0], "127.0.0.1" },
        { "PROXY TCP4 127.0.0.9 198.51.100.1 56324 1825\r\n"u8.ToArray(), "127.0.0.9" },
    };

    private static byte[] V2 => "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task ThePeer_IsWhomTheHeaderNames(byte[] header, string peer)
    {
        await using var silo = await StartAsync();
        using var atOnce = await RawClient.ConnectAsync(silo.EndPoint);
        await atOnce.SendAsync([.. header, .. RawClient.Package("m")]);
        Assert.StartsWith("K", await atOnce.ReadReplyAsync());
        using var inPieces = await RawClient.ConnectAsync(silo.EndPoint);
        foreach (var octet in (byte[])[.. header, .. RawClient.Package("m")])
        {
            await inPieces.SendAsync([octet]);
        }

        Assert.StartsWith("K", await inPieces.ReadReplyAsync());

        Assert.Equal((peer, 2L), ((await silo.StatusAsync()).Peers.Single().Peer, (await silo.StatusAsync()).Peers.Single().MessagesAccepted));
        atOnce.HalfClose();
        Assert.Empty(await atOnce.ReadToEndAsync());
        await Within.Becomes(
            () => silo.Log.All.Any(l => l.Text.Contains($"of peer {peer} on 127.0.0.1:0{(peer == "127.0.0.1" ? "" : " through 127.0.0.1")} ended", StringComparison.Ordinal)), "the end is logged with both");
    }

    [Fact]
    public async Task APeerThatIsNotAdmitted_IsRefusedAsOneThatConnects()
    {
        await using var silo = await StartAsync();
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync([.. "PROXY TCP4 203.0.113.1 198.51.100.1 1 2\r\n"u8, .. RawClient.Package("m")]);

        Assert.StartsWith("Z4.7.1 peer 203.0.113.1 is not admitted", await client.ReadReplyAsync());
    }

    [Theory]
    [InlineData("30:5:hello,8:a@x.test,8:b@y.test,,", "bad PROXY header: no PROXY header")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n", "bad PROXY header: expected TCP4")]
    [InlineData("PROXY TCP4 192.", "bad PROXY header: the connection ended inside it")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8", "bad PROXY header: family and transport 0x31")]
    public async Task WhatIsNoHeader_EndsTheConnection_AndIsSaid(string octets, string reason)
    {
        await using var silo = await StartAsync();
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync(octets);
        client.HalfClose();

        Assert.Empty(await client.ReadToEndAsync());

        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, $"Connection of 127.0.0.1 on 127.0.0.1:0 ended before its session: {reason}"), "the reason is logged");
        await silo.HasMetricAsync("ecstream_edge_connections_failed_total", "ProxyHeader", 1);
        Assert.Equal(0, (await silo.StatusAsync()).Sessions.Total);
    }

    [Fact]
    public async Task WhoIsNoProxyOfOurs_IsNotHeard()
    {
        await using var silo = await StartAsync(from: "10.0.0.0/8");
        using var client = await RawClient.ConnectAsync(silo.EndPoint);

        Assert.Empty(await client.ReadToEndAsync());

        await Within.Becomes(() => silo.Log.Has(LogLevel.Information, "ended before its session: 127.0.0.1 may not send a PROXY header"), "the reason is logged");
        await silo.HasMetricAsync("ecstream_edge_connections_failed_total", "ProxyFrom", 1);
    }

    [Fact]
    public async Task AHealthCheck_HasNoSession_AndNoLine()
    {
        await using var silo = await StartAsync();
        foreach (var header in (byte[][])[[], [.. V2, 0x20, 0, 0, 0], "PROXY UNKNOWN\r\n"u8.ToArray()])
        {
            using var probe = await RawClient.ConnectAsync(silo.EndPoint);
            await probe.SendAsync(header);
            probe.HalfClose();
            Assert.Empty(await probe.ReadToEndAsync());
        }

        await Within.Becomes(() => silo.Log.All.Count(l => l.Level == LogLevel.Debug && l.Text.EndsWith("closed without an octet", StringComparison.Ordinal)) == 3, "all are noticed");
        Assert.DoesNotContain(silo.Log.All, l => l.Level > LogLevel.Debug && l.Text.StartsWith("Connection ", StringComparison.Ordinal));
        Assert.Equal(0, (await silo.StatusAsync()).Sessions.Total);
    }

    [Fact]
    public async Task AClientThatOwesItsHeader_IsCutOffInTime()
    {
        await using var silo = await StartAsync(handshakeSeconds: 1);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);
        await client.SendAsync("PROXY ");

        Assert.Empty(await client.ReadToEndAsync());

        await silo.HasMetricAsync("ecstream_edge_connections_failed_total", "HandshakeTime", 1);
    }

    [Fact]
    public async Task TheHeader_ComesBeforeTls()
    {
        await using var silo = await StartAsync(tls: new TestCertificates(_directory).Options());
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(silo.EndPoint);
        await socket.SendAsync("PROXY TCP4 192.0.2.7 198.51.100.1 56324 1825\r\n"u8.ToArray());
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await Within.PatienceOf(stream.AuthenticateAsClientAsync("127.0.0.1"), "the handshake");
        await stream.WriteAsync(RawClient.Package("m"));
        var buffer = new byte[100];
        var read = await Within.PatienceOf(stream.ReadAsync(buffer).AsTask(), "a reply");

        Assert.Contains(":K2.0.0 ok ", Encoding.ASCII.GetString(buffer, 0, read));
        Assert.Equal("192.0.2.7", (await silo.StatusAsync()).Peers.Single().Peer);
    }

    [Fact]
    public async Task WhateverComes_TheListenGoesOn()
    {
        await using var silo = await StartAsync();
        var random = new Random(20261122);
        for (var i = 0; i < 200; i++)
        {
            var octets = new byte[random.Next(1, 300)];
            random.NextBytes(octets);
            byte[] start = random.Next(3) switch { 0 => V2, 1 => "PROXY TCP4 "u8.ToArray(), _ => [] };
            using var client = await RawClient.ConnectAsync(silo.EndPoint);
            await client.SendAsync([.. start, .. octets]);
            client.HalfClose();
            await client.ReadToEndAsync();
        }

        using var last = await RawClient.ConnectAsync(silo.EndPoint);
        await last.SendAsync([.. "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1825\r\n"u8, .. RawClient.Package("m")]);
        Assert.StartsWith("K", await last.ReadReplyAsync());
        Assert.DoesNotContain(silo.Log.All, l => l.Level >= LogLevel.Warning && l.Text.Contains("onnection", StringComparison.Ordinal));
    }

    private Task<TestSilo> StartAsync(string from = "127.0.0.0/8", int handshakeSeconds = 10, ListenTlsOptions? tls = null)
    {
        Assert.True(CidrBlock.TryParse(from, out var block));
        var proxy = new ListenProxyOptions(new PrefixTree<CidrBlock>([KeyValuePair.Create(block, block)]));
        return TestSilo.StartAsync(
            _directory,
            Conf,
            settings: s => s.Limits.HandshakeTime = TimeSpan.FromSeconds(handshakeSeconds),
            change: g => g with { Listens = [.. g.Listens.Select(l => l with { Proxy = proxy, Tls = tls })] });
    }
}
