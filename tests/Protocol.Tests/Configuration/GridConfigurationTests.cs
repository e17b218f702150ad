using System.Net;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class GridConfigurationTests
{
    private const string Listener = "ECStream_Listener { Listen \":1825\" { } }\n";

    [Fact]
    public void Default_ListensOnLoopbackAlone()
    {
        var configuration = ConfigurationLoader.Default;

        var listen = Assert.Single(configuration.Listens);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 1825), listen.EndPoint);
        Assert.Equal(new(TimeSpan.FromSeconds(300), "default"), listen.IdleTime);
        Assert.Equal(new(10_000, "default"), listen.MaxBatchSize);
        Assert.Null(configuration.Gateway);
    }

    [Fact]
    public void Values_FallBackAndNameTheirOrigin()
    {
        var configuration = Valid("""
            ecstream {}
            ecstream_max_batch_size = "70"
            ECStream_Listener { ECStream_Idle_Time = 20  Listen "127.0.0.1:1825" { ECStream_Idle_Time = 10 } }
            ecstream_listener { ECSTREAM_IDLE_TIME = 30  Listen "[::1]:1825" { } listen "127.0.0.1:1825" { } }
            """);

        Assert.Equal(["127.0.0.1:1825", "[::1]:1825"], configuration.Listens.Select(l => l.Address));
        Assert.Equal(new(TimeSpan.FromSeconds(10), @"ECStream_Listener::Listen:127.0.0.1\:1825:"), configuration.Listens[0].IdleTime);
        Assert.Equal(new(TimeSpan.FromSeconds(30), "ECStream_Listener::"), configuration.Listens[1].IdleTime);
        Assert.Equal(new(70, "Global"), configuration.Listens[1].MaxBatchSize);
    }

    [Fact]
    public void SameContentInOtherWords_IsEqual()
    {
        var one = Valid("gateway = \"mx\" delivery_method = ECSTREAM\n" + Listener);
        var other = Valid("# comment\nDelivery_Method = \"ecstream\"\nGateway = nowhere Gateway = mx\n" + Listener);

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, Valid(Listener));
    }

    [Theory]
    [InlineData(":1825", "0.0.0.0:1825")]
    [InlineData("*:1825", "0.0.0.0:1825")]
    [InlineData("[*]:1825", "[::]:1825")]
    [InlineData("[::]:1825", "[::]:1825")]
    [InlineData("[0:0:0:0:0:0:0:0]:1825", "[::]:1825")]
    [InlineData("127.0.0.1:1825", "127.0.0.1:1825")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("127.0.0.1:65535", "127.0.0.1:65535")]
    [InlineData("[FD82:0:0::AA4A]:587", "[fd82::aa4a]:587")]
    [InlineData("[::192.168.0.1]:25", "[::c0a8:1]:25")]
    [InlineData("[::ffff:127.0.0.1]:25", "127.0.0.1:25")]
    public void Listen_LegalAddress_IsThatEndPoint(string address, string endPoint)
    {
        var listen = Assert.Single(Valid($"ECStream_Listener {{ Listen \"{address}\" {{ }} }}").Listens);

        Assert.Equal(address, listen.Address);
        Assert.Equal(IPEndPoint.Parse(endPoint), listen.EndPoint);
    }

    [Theory]
    [InlineData("1825", "unable to parse ECStream_Listener 1825: the port is missing; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("127.0.0.1", "unable to parse ECStream_Listener 127.0.0.1: the port is missing; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("[::1]", "unable to parse ECStream_Listener [::1]: the port is missing; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("127.0.0.1:", "unable to parse ECStream_Listener 127.0.0.1:: the port is missing; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("", "unable to parse ECStream_Listener : the port is missing; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("mail.example.com:1825", "unable to parse ECStream_Listener mail.example.com:1825: host names are not accepted; write an IP address")]
    [InlineData("::1", "unable to parse ECStream_Listener ::1: put IPv6 in brackets, as in \"[::1]:1825\"")]
    [InlineData("::1:1825", "unable to parse ECStream_Listener ::1:1825: put IPv6 in brackets, as in \"[::1:1825]:1825\"")]
    [InlineData("fe80::1:18250", "unable to parse ECStream_Listener fe80::1:18250: put IPv6 in brackets, as in \"[::1]:1825\"")]
    [InlineData("127.0.0.1:65536", "invalid port: ECStream_Listener 127.0.0.1:65536 65536; expected a number from 1 to 65535 (0 lets the system choose)")]
    [InlineData("127.0.0.1:-1", "invalid port: ECStream_Listener 127.0.0.1:-1 -1; expected a number from 1 to 65535 (0 lets the system choose)")]
    [InlineData(":x", "invalid port: ECStream_Listener :x x; expected a number from 1 to 65535 (0 lets the system choose)")]
    [InlineData(":01825", "invalid port: ECStream_Listener :01825 01825; expected a number from 1 to 65535 (0 lets the system choose)")]
    [InlineData("[fe80::1%1]:25", "unable to parse ECStream_Listener [fe80::1%1]:25: an address with a zone is not accepted")]
    [InlineData("[127.0.0.1]:25", "unable to parse ECStream_Listener [127.0.0.1]:25: brackets are for IPv6; write an IPv4 address without them")]
    [InlineData("[::1::]:25", "unable to parse ECStream_Listener [::1::]:25: '::1::' is not an IPv6 address")]
    [InlineData("[]:25", "invalid use of ipany: ECStream_Listener []:25; every IPv6 address is \"[*]\"")]
    [InlineData("127.0.0.256:25", "unable to parse ECStream_Listener 127.0.0.256:25: '127.0.0.256' is not an IP address; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("127.1:25", "unable to parse ECStream_Listener 127.1:25: '127.1' is not an IP address; expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    [InlineData("/tmp/", "unable to parse ECStream_Listener /tmp/: the path of a Unix socket names a file")]
    [InlineData("tmp/2025", "unable to parse ECStream_Listener tmp/2025: expected \":port\", \"*:port\", \"a.b.c.d:port\", \"[*]:port\", \"[v6]:port\" or the absolute path of a Unix socket")]
    public void Listen_BadAddress_IsRefused(string address, string message) =>
        Assert.Equal([$"f:1:28: error: {message}"], Errors($"ECStream_Listener {{ Listen \"{address}\" {{ }} }}"));

    [Fact]
    public void Listen_Path_IsAUnixSocket_OnceInAnySpelling()
    {
        var listen = Assert.Single(Valid("ECStream_Listener { Listen \"/run/ec/in.sock\" { File_Mode = 0600 } Listen /run/ec/in.sock { } }").Listens);

        Assert.Null(listen.EndPoint);
        Assert.Equal(("/run/ec/in.sock", 0x180), (listen.Path, listen.Socket.FileMode));
        Assert.Equal(
            ["f:2:11: error: Listen \"/run/ec/../ec/in.sock\" is the same socket as Listen \"/run/ec/in.sock\" at f:1:28"],
            Errors("ECStream_Listener { Listen \"/run/ec/in.sock\" { }\n   Listen \"/run/ec/../ec/in.sock\" { } }"));
        Assert.Equal(
            [$"f:1:28: error: unable to parse ECStream_Listener /{new string('x', 107)}: the path of a Unix socket has at most 107 bytes, this one has 108"],
            Errors($"ECStream_Listener {{ Listen \"/{new string('x', 107)}\" {{ }} }}"));
    }

    [Fact]
    public void SocketOptions_FallBack_FromListenToListenerToGlobal()
    {
        var listens = Valid(
            """
            Disable_Nagle_Algorithm = off
            ECStream_Listener {
              Enable = false
              Listen_Backlog = 9
              TCP_Recv_Buffer_Size = 1000
              Listen ":1" { Enable = yes  Listen_Backlog = 10  TCP_Send_Buffer_Size = 2000 }
              Listen ":2" { Disable_Nagle_Algorithm = enabled  File_Mode = 0666  Enable = 1 }
              Listen "/s" { }
            }
            """).Listens;

        Assert.Equal(new ListenSocketOptions(Enable: true, 10, 0x1b0, NoDelay: false, 1000, 2000), listens[0].Socket);
        Assert.Equal(new ListenSocketOptions(Enable: true, 9, 0x1b6, NoDelay: true, 1000, 0), listens[1].Socket);
        Assert.Equal(new ListenSocketOptions(Enable: false, 9, 0x1b0, NoDelay: false, 1000, 0), listens[2].Socket);
        Assert.Equal(ListenSocketOptions.Default, ConfigurationLoader.Default.Listens[0].Socket);
    }

    [Theory]
    [InlineData("Listen \":2\" { File_Mode = 0600 }", "f:2:35: warning: File_Mode has no meaning for a TCP Listen: it is not used here")]
    [InlineData("Listen \"/s\" { TCP_Recv_Buffer_Size = 1 }", "f:2:35: warning: TCP_Recv_Buffer_Size has no meaning for a Unix socket: it is not used here")]
    public void SocketOption_WithoutMeaningForItsListen_IsSaidToHaveNone(string listen, string warning) =>
        Assert.Equal([warning], ConfigurationLoader.Parse($"{Listener}ECStream_Listener {{ {listen} }}", "f").Diagnostics.Select(d => d.ToString()));

    [Theory]
    [InlineData("*:1825", ":1825", "f:2:11: error: Listen \":1825\" is the same socket as Listen \"*:1825\" at f:1:28")]
    [InlineData("[::1]:1", "[0:0:0:0:0:0:0:1]:1", "f:2:11: error: Listen \"[0:0:0:0:0:0:0:1]:1\" is the same socket as Listen \"[::1]:1\" at f:1:28")]
    public void Listen_SameSocketInAnotherSpelling_NamesBothPlaces(string first, string second, string error) =>
        Assert.Equal([error], Errors($"ECStream_Listener {{ Listen \"{first}\" {{ }}\n   Listen \"{second}\" {{ }} }}"));

    [Fact]
    public void Listen_IPv4AndIPv6WildcardAndTwoEphemeralPorts_Coexist() =>
        Assert.Equal(4, Valid("ECStream_Listener { Listen \":1\" {} Listen \"[*]:1\" {} Listen \":0\" {} Listen \"*:0\" {} }").Listens.Length);

    [Theory]
    [InlineData("", "f:1:1: error: nothing would listen: expected ECStream_Listener { Listen \"127.0.0.1:1825\" { } }")]
    [InlineData("\n ecstream_listener { }", "f:2:2: error: nothing would listen: ECStream_Listener holds no Listen; expected for example Listen \"127.0.0.1:1825\" { }")]
    [InlineData("ECStream_Listener { Listen { } }", "f:1:21: error: Listen needs an address, as in Listen \"127.0.0.1:1825\" { }")]
    [InlineData("ECStream_Listener x { Listen \":1\" { } }", "f:1:19: error: didn't expect a name for ECStream_Listener, found 'x'")]
    public void Scopes_InTheWrongForm_AreRefused(string text, string error) => Assert.Equal([error], Errors(text));

    [Theory]
    [InlineData("ECStream_Idle_Time = abc", "f:2:22: error: ECStream_Idle_Time: expected an integer, found 'abc'")]
    [InlineData("ECStream_Idle_Time = \"3 0\"", "f:2:22: error: ECStream_Idle_Time: expected an integer, found '3 0'")]
    [InlineData("ECStream_Idle_Time = --3", "f:2:22: error: ECStream_Idle_Time: expected an integer, found '--3'")]
    [InlineData("ECStream_Idle_Time = ( 1 )", "f:2:22: error: ECStream_Idle_Time: expected an integer, found an array")]
    [InlineData("ECStream_Idle_Time = [ a = 1 ]", "f:2:22: error: ECStream_Idle_Time: expected an integer, found a dictionary")]
    [InlineData("ECStream_Idle_Time = 0", "f:2:22: error: ECStream_Idle_Time: expected an integer from 1 to 86400 (seconds), found '0'")]
    [InlineData("ECStream_Idle_Time = 86401", "f:2:22: error: ECStream_Idle_Time: expected an integer from 1 to 86400 (seconds), found '86401'")]
    [InlineData("ECStream_Idle_Time = bad ECStream_Idle_Time = 5", "f:2:22: error: ECStream_Idle_Time: expected an integer, found 'bad'")]
    [InlineData("ECStream_Max_Batch_Size = 0", "f:2:27: error: ECStream_Max_Batch_Size: expected an integer of at least 1 (messages), found '0'")]
    [InlineData("ECStream_Max_Batch_Size = 99999999999999999999", "f:2:27: error: ECStream_Max_Batch_Size: expected an integer of at least 1 (messages), found '99999999999999999999'")]
    [InlineData("ecstream_port = 0", "f:2:17: error: ecstream_port: expected an integer from 1 to 65535 (a TCP port), found '0'")]
    [InlineData("ecstream_timeout = -1", "f:2:20: error: ecstream_timeout: expected an integer from 1 to 86400 (seconds), found '-1'")]
    [InlineData("Gateway = \"\"\nDelivery_Method = ECSTREAM", "f:2:11: error: Gateway: expected a string that is not empty, found ''")]
    [InlineData("Gateway = mx", "f:2:1: error: Gateway without Delivery_Method would mean ESMTP, which is not supported by this version; write Delivery_Method = \"ECSTREAM\"")]
    [InlineData("Delivery_Method = esmtp", "f:2:19: error: Delivery_Method: ESMTP is not supported by this version; supported are ECSTREAM, MAILDIR")]
    [InlineData("Delivery_Method = pigeon", "f:2:19: error: Delivery_Method: expected one of ECSTREAM, MAILDIR, found 'pigeon'")]
    [InlineData("Delivery_Method = maildir", "f:2:1: error: Delivery_Method MAILDIR needs a Gateway: the absolute path of the directory")]
    [InlineData("Delivery_Method = maildir Gateway = out", "f:2:37: error: Gateway: with Delivery_Method MAILDIR expected the absolute path of a directory, found 'out'")]
    [InlineData("Listen_Backlog = 3", "f:2:1: error: 'Listen_Backlog' is not valid in the Global scope; its place is ECStream_Listener or Listen")]
    [InlineData("Disable_Nagle_Algorithm = maybe", "f:2:27: error: Disable_Nagle_Algorithm: expected true or false (also yes, no, on, off, enabled, disabled, 1, 0), found 'maybe'")]
    [InlineData("ECStream_Listener { File_Mode = 0888 }", "f:2:33: error: File_Mode: expected permissions in octal, from 0 to 0777, found '0888'")]
    [InlineData("ECStream_Listener { File_Mode = 01777 }", "f:2:33: error: File_Mode: expected permissions in octal, from 0 to 0777, found '01777'")]
    [InlineData("ECStream_Listener { Listen_Backlog = 0 }", "f:2:38: error: Listen_Backlog: expected an integer from 1 to 65535 (connections), found '0'")]
    [InlineData("Domain = example.com", "f:2:1: error: 'Domain' is a scope, not an option; expected '{'")]
    [InlineData("Blackhole { }", "f:2:1: error: 'Blackhole' is an option, not a scope; expected '=' and a value")]
    [InlineData("Local_Changes_File = x", "f:2:1: error: 'Local_Changes_File' is known to Momentum but not supported by this version")]
    [InlineData("ECStream_Idel_Time = 3", "f:2:1: error: 'ECStream_Idel_Time' is not a valid option name in the Global scope; did you mean 'ECStream_Idle_Time'?")]
    [InlineData("ECStreamListener { }", "f:2:1: error: 'ECStreamListener' is not a valid scope name in the Global scope; did you mean 'ECStream_Listener'?")]
    [InlineData("Pathwya { }", "f:2:1: error: 'Pathwya' is not a valid scope name in the Global scope; did you mean 'Pathway'?")]
    [InlineData("invalid_option = 1", "f:2:1: error: 'invalid_option' is not a valid option name in the Global scope")]
    [InlineData("Listen \":1\" { }", "f:2:1: error: 'Listen' is not valid in the Global scope; its place is ECStream_Listener")]
    [InlineData("ECStream_Listener = 1", "f:2:1: error: 'ECStream_Listener' is a scope, not an option; expected '{'")]
    [InlineData("Gateway { }", "f:2:1: error: 'Gateway' is an option, not a scope; expected '=' and a value")]
    [InlineData("ecstream { a = 1 }", "f:2:12: error: 'a' is not a valid option name in the ecstream scope")]
    [InlineData("ECStream_Listener { Gateway = mx }", "f:2:21: error: 'Gateway' is not valid in the ECStream_Listener scope; its place is Global")]
    [InlineData("Peer \"10.0.0.1\" { }", "f:2:1: error: 'Peer' is not valid in the Global scope; its place is ECStream_Listener or Listen")]
    [InlineData("ECStream_Listener { Enable = false }", "f:1:1: error: nothing would listen: every Listen has Enable = false")]
    [InlineData("ECStream_Listener { Listen \":2\" { Port = 5 } }", "f:2:35: error: 'Port' is not a valid option name in the Listen scope")]
    public void Option_ThatCannotTakeEffect_IsRefused(string text, string error) => Assert.Equal([error], Errors(Listener + text));

    [Theory]
    [InlineData("mx.example.com", "mx.example.com", 1826)]
    [InlineData("mx", "mx", 1826)]
    [InlineData("mx:25", "mx", 25)]
    [InlineData("10.0.0.1", "10.0.0.1", 1826)]
    [InlineData("10.0.0.1:25", "10.0.0.1", 25)]
    [InlineData("[fe80:0::a00]", "fe80::a00", 1826)]
    [InlineData("[fe80::a00]:1", "fe80::a00", 1)]
    public void Gateway_LegalForm_IsHostAndPort(string text, string host, int port)
    {
        var gateway = Valid($"Gateway = \"{text}\" Delivery_Method = \"ECSTREAM\" ecstream_port = 1826 ecstream_timeout = 5\n{Listener}").Gateway;

        Assert.Equal(new GatewayOptions(DeliveryMethod.EcStream, host, port, null, TimeSpan.FromSeconds(5)), gateway);
    }

    [Theory]
    [InlineData("fe80::a00", "Gateway: put IPv6 in brackets, as in \"[fe80::a00]\"")]
    [InlineData("mx:0", "Gateway: invalid port '0'; expected a number from 1 to 65535")]
    [InlineData("mx:", "Gateway: invalid port ''; expected a number from 1 to 65535")]
    [InlineData("10.1", "Gateway: '10.1' names no host; expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"")]
    [InlineData("[fe80::1%1]:1", "Gateway: '[fe80::1%1]:1' names no host; expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"")]
    [InlineData("a b", "Gateway: 'a b' names no host; expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"")]
    [InlineData(":25", "Gateway: ':25' names no host; expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"")]
    [InlineData("-mx..", "Gateway: '-mx..' names no host; expected a host name, \"a.b.c.d\" or \"[v6]\", with or without \":port\"")]
    public void Gateway_BadForm_IsRefused(string text, string message) =>
        Assert.Equal([$"f:1:11: error: {message}"], Errors($"Gateway = \"{text}\" Delivery_Method = \"ECSTREAM\"\n{Listener}"));

    [Fact]
    public void Gateway_Maildir_IsDirectory() =>
        Assert.Equal(
            new GatewayOptions(DeliveryMethod.Maildir, null, 1825, "/var/mail/out", TimeSpan.FromSeconds(600)),
            Valid($"Gateway = \"/var/mail/out\" Delivery_Method = \"Maildir\"\n{Listener}").Gateway);

    [Fact]
    public void DeliveryMethod_WithoutGateway_HoldsMessagesAndWarns()
    {
        var result = ConfigurationLoader.Parse("Delivery_Method = ECSTREAM\n" + Listener, "f");

        Assert.Null(result.Configuration!.Gateway);
        Assert.Equal(
            "f:1:1: warning: Delivery_Method has no effect without a Gateway: messages are held",
            Assert.Single(result.Diagnostics).ToString());
    }

    [Fact]
    public void SyntaxAndMeaning_AreReportedInOneRunInOrderOfTheFile()
    {
        var errors = Errors("""
            Gateway = mx
            ECStream_Listener {
              ECStream_Idle_Time 300
              Listen "::1" { ECStream_Max_Batch_Size = none }
              Peer = 3
            }
            }
            foo { a = ] }
            """);

        Assert.Equal(
            ["f:1:1", "f:3:22", "f:4:10", "f:4:44", "f:5:3", "f:7:1", "f:8:1", "f:8:11"],
            errors.Select(e => e[..e.IndexOf(": error", StringComparison.Ordinal)]));
    }

    [Fact]
    public void SyntaxError_ThatTakesTheListenerAway_IsNotFollowedByAnAbsence() =>
        Assert.Single(Errors("ECStream_Listener = ( *:1825 <proto=ipv4> )"));

    private static GridConfiguration Valid(string text)
    {
        var result = ConfigurationLoader.Parse(text, "f");
        Assert.Empty(result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error));
        return Assert.IsType<GridConfiguration>(result.Configuration);
    }

    private static string[] Errors(string text)
    {
        var result = ConfigurationLoader.Parse(text, "f");
        Assert.Null(result.Configuration);
        return [.. result.Diagnostics.Where(d => d.Severity == ConfigSeverity.Error).Select(d => d.ToString())];
    }
}
