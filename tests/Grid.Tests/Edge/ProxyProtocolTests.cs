using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

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

    [Theory]
    [InlineData("192.0.2.1", "127.0.0.1", false)]
    [InlineData("192.0.2.1", "::1", false)]
    [InlineData("192.0.2.1", "192.0.2.7", true)]
    [InlineData("127.0.0.1", "127.0.0.2", true)]
    public async Task ALoopbackAddress_CountsOnlyFromAProxyOnThisMachine(string proxy, string client, bool isTaken)
    {
        var input = new Pipe();
        await using var context = new DefaultConnectionContext("c", new Ends(input.Reader, new Pipe().Writer), new Ends(new Pipe().Reader, input.Writer))
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse(proxy), 1),
        };
        await input.Writer.WriteAsync(Encoding.ASCII.GetBytes($"PROXY TCP{(client.Contains(':', StringComparison.Ordinal) ? 6 : 4)} {client} {client} 1 2\r\n"));
        Assert.True(CidrBlock.TryParse("0.0.0.0/0", out var all));
        var listen = ConfigurationLoader.Default.Listens[0] with { Proxy = new ListenProxyOptions(new PrefixTree<CidrBlock>([KeyValuePair.Create(all, all)])) };

        var opened = await new ConnectionOpening(new EdgeOptions(), TimeProvider.System).OpenAsync(context, listen, CancellationToken.None);

        Assert.Equal(isTaken ? client : null, opened.Connection?.Peer.Key);
        Assert.Equal(isTaken ? "" : $"the PROXY header names {client}, which is on the proxy's machine and not on this one", opened.Words);
    }

    [Fact]
    public async Task ConnectionsInTheirHandshake_AreBounded()
    {
        var opening = new ConnectionOpening(new EdgeOptions { MaxSessions = 1 }, new FakeTimeProvider());
        Assert.True(CidrBlock.TryParse("0.0.0.0/0", out var all));
        var listen = ConfigurationLoader.Default.Listens[0] with { Proxy = new ListenProxyOptions(new PrefixTree<CidrBlock>([KeyValuePair.Create(all, all)])) };
        using var draining = new CancellationTokenSource();
        var silent = new Pipe();
        await using var context = new DefaultConnectionContext("c", new Ends(silent.Reader, new Pipe().Writer), new Ends(new Pipe().Reader, silent.Writer))
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        };
        var first = opening.OpenAsync(context, listen, draining.Token);

        Assert.Equal((OpeningFault.TooMany, "too many connections in their handshake: 2 > 1 (Grid:Limits:MaxSessions)"), Fault(await opening.OpenAsync(context, listen, draining.Token)));
        await draining.CancelAsync();
        Assert.Equal(OpeningFault.Drained, Fault(await Within.PatienceOf(first, "the first gives up")).Fault);

        static (OpeningFault Fault, string Words) Fault(OpeningResult result) => (result.Fault, result.Words);
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
    public async Task BehindAProxy_ACertificateAdmits_WhomNoScopeLists_AlsoWhenItsGrainHasForgotten()
    {
        var certificates = new TestCertificates(_directory);
        await using var silo = await StartAsync(tls: certificates.Options(mode: TlsVerifyMode.Optional, mayInject: true));
        await using var bare = await ConnectTlsAsync(silo, clientFile: null);
        Assert.Contains(":Z4.7.1 peer 203.0.113.9 is not admitted", await ExchangeAsync(bare));
        await using var verified = await ConnectTlsAsync(silo, certificates.ClientFile());
        Assert.Contains(":K2.0.0 ok ", await ExchangeAsync(verified));

        var grain = silo.Grains.GetGrain<IPeerGrain>("203.0.113.9");
        await grain.CloseSessionAsync(Assert.Single((await grain.GetBookAsync(default)).Sessions).Session, default);

        Assert.Contains(":K2.0.0 ok ", await ExchangeAsync(verified));
        Assert.Single((await grain.GetBookAsync(default)).Sessions);
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

    private static async Task<SslStream> ConnectTlsAsync(TestSilo silo, string? clientFile)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(silo.EndPoint);
        await socket.SendAsync("PROXY TCP4 203.0.113.9 198.51.100.1 56324 1825\r\n"u8.ToArray());
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificates = clientFile is null ? null : [X509Certificate2.CreateFromPemFile(clientFile)],
        };
        await Within.PatienceOf(stream.AuthenticateAsClientAsync(options), "the handshake");
        return stream;
    }

    private static async Task<string> ExchangeAsync(SslStream stream)
    {
        await stream.WriteAsync(RawClient.Package("m"));
        var buffer = new byte[1_000];
        return Encoding.ASCII.GetString(buffer, 0, await Within.PatienceOf(stream.ReadAsync(buffer).AsTask(), "a reply"));
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

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
