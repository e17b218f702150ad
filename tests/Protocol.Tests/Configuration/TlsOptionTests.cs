using System.Security.Authentication;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class TlsOptionTests
{
#pragma warning disable SYSLIB0039, CA5397 // What files may name is what is tested here.
    private const SslProtocols Tls10 = SslProtocols.Tls;
    private const SslProtocols Tls11 = SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397
    private const SslProtocols All = Tls10 | Tls11 | SslProtocols.Tls12 | SslProtocols.Tls13;

    [Fact]
    public void Tls_OfEachListen_FallsBackOptionByOption_AndWithoutUseSslThereIsNone()
    {
        var files = new MemoryConfigFiles
        {
            ["/etc/ec/ecelerity.conf"] = """
                TLS_Certificate = "global.pem"
                TLS_Ciphers = "HIGH:!MD5"
                include "d/pathways.conf"
                ECStream_Listener {
                  Use_SSL = true
                  TLS_Client_CA = "/ca/clients.pem"
                  TLS_Verify_Mode = Require
                  Listen ":1" { Pathway = p }
                  Listen ":2" {
                    TLS_Certificate = "../own.pem"  TLS_Key = own.key  TLS_Verify_Mode = NONE  TLS_Protocols = "+TLSv1.3"
                    TLS_Allow_Renegotiation = no  TLS_Verified_Peer_Can_Relay = no
                  }
                  Listen ":3" { Use_SSL = off  TLS_Certificate = none }
                }
                """,
            ["/etc/ec/d/pathways.conf"] = "Pathway_Group \"g\" { TLS_Key = \"g.key\" Pathway \"p\" { TLS_Certificate = \"p.pem\" TLS_Verified_Peer_Can_Relay = yes } }",
        };

        var result = ConfigurationLoader.Load("/etc/ec/ecelerity.conf", files);

        var listens = result.Configuration!.Listens;
        Assert.Equal(
            new ListenTlsOptions(
                At("/etc/ec/d/p.pem"), At("/etc/ec/d/g.key"), At("/ca/clients.pem"), "HIGH:!MD5", default, SslProtocols.None, TlsVerifyMode.Require,
                VerifiedPeerMayInject: true, AllowRenegotiation: true),
            listens[0].Tls);
        Assert.Equal(new SourceLocation("/etc/ec/d/pathways.conf", 1, 71), listens[0].Tls!.Certificate.Location);
        Assert.Equal(new SourceLocation("/etc/ec/ecelerity.conf", 2, 15), listens[0].Tls!.CiphersLocation);
        Assert.Equal(
            new ListenTlsOptions(
                At("/etc/own.pem"), At("/etc/ec/own.key"), At("/ca/clients.pem"), "HIGH:!MD5", default, SslProtocols.Tls13, TlsVerifyMode.None,
                VerifiedPeerMayInject: false, AllowRenegotiation: false),
            listens[1].Tls);
        Assert.Null(listens[2].Tls);
        Assert.Equal(
            ["/etc/ec/d/pathways.conf:1:21: warning: TLS_Key in a Pathway_Group takes effect here, but Momentum 4 may not recognise it there"],
            result.Diagnostics.Select(d => d.ToString()));

        static ConfigPath At(string path) => new(path, default);
    }

    [Theory]
    [InlineData("Use_SSL = true\n Listen \":1\" { }\n Listen \":2\" { }", "f:1:21: error: Use_SSL needs a certificate: TLS_Certificate is not set for Listen \":1\"; write TLS_Certificate = \"FILE.pem\"")]
    [InlineData("TLS_Certificate = a.pem\n Use_SSL = true\n Listen \":1\" { TLS_Certificate = None }", "f:2:2: error: Use_SSL needs a certificate: TLS_Certificate is none, at f:3:16, for Listen \":1\"; write TLS_Certificate = \"FILE.pem\"")]
    [InlineData("TLS_Certificate = none\n Listen \":1\" { Use_SSL = true }\n Listen \":2\" { }", "f:2:16: error: Use_SSL needs a certificate: TLS_Certificate is none, at f:1:21, for Listen \":1\"; write TLS_Certificate = \"FILE.pem\"")]
    [InlineData("TLS_Certificate = \"a\0.pem\" Use_SSL = true\n Listen \":1\" { TLS_Certificate = b }", "f:1:39: error: TLS_Certificate: expected the path of a file, found 'a\0.pem'")]
    [InlineData("Use_SSL = true TLS_Certificate = ( a )\n Listen \":1\" { TLS_Certificate = b }", "f:1:54: error: TLS_Certificate: expected a string, found an array")]
    public void UseSsl_WithoutACertificate_IsAnErrorAtUseSsl(string text, string error) => Assert.Equal([error], Said($"ECStream_Listener {{ {text} }}"));

    [Fact]
    public void UseSsl_WhoseCertificateASyntaxErrorMayHaveTaken_IsNotFollowedByAnAbsence() =>
        Assert.Single(Said("ECStream_Listener { Use_SSL = true TLS_Ciphers = \"HIGH\" Listen \":1\" { } Listen \":2\" { Use_SSL = no }\n TLS_Certificate a.pem }"));

    [Fact]
    public void TlsOption_ThatNoListenWithUseSslTakes_HasAWarningWhereItStands()
    {
        var said = Said("""
            TLS_Ciphers = HIGH
            Pathway_Group g { TLS_Protocols = "+ALL" Pathway p { TLS_Key = x } }
            Pathway other { Use_SSL = true TLS_Key = y }
            ECStream_Listener {
              TLS_Certificate = a.pem
              TLS_Verify_Mode = none
              Listen ":1" { TLS_Key = b  Use_SSL = false  Pathway = p }
              Listen ":2" { TLS_Certificate = none }
            }
            """);

        Assert.Equal(
            [
                "f:1:1: warning: TLS_Ciphers skipped: no Listen of the ECStream listener has Use_SSL",
                "f:2:19: warning: TLS_Protocols skipped: no Listen of this pathway has Use_SSL",
                "f:2:54: warning: TLS_Key skipped: no Listen of this pathway has Use_SSL",
                "f:3:17: warning: Use_SSL skipped: not of the ECStream listener",
                "f:3:32: warning: TLS_Key skipped: not of the ECStream listener",
                "f:5:3: warning: TLS_Certificate has no effect: Use_SSL is not set for any Listen",
                "f:6:3: warning: TLS_Verify_Mode has no effect: Use_SSL is not set for any Listen",
                "f:7:17: warning: TLS_Key has no effect: Use_SSL is not set for Listen \":1\"",
            ],
            said);
    }

    [Fact]
    public void WhatVerifiesClients_WhereNoListenAsksForACertificate_IsSaidNotToBeUsed()
    {
        const string Common = "ECStream_Listener { Use_SSL = on TLS_Certificate = a TLS_Client_CA = c\nTLS_Verified_Peer_Can_Relay = on\nListen \":1\" { TLS_Verify_Mode = none } ";

        Assert.Equal(
            [
                "f:1:54: warning: TLS_Client_CA is not used here: TLS_Verify_Mode = none asks for no certificate",
                "f:2:1: warning: TLS_Verified_Peer_Can_Relay is not used here: TLS_Verify_Mode = none asks for no certificate",
            ],
            Said(Common + "}"));
        Assert.Empty(Said(Common + "Listen \":2\" { } }"));
    }

    [Theory]
    [InlineData("none", TlsVerifyMode.None, null)]
    [InlineData("REQUIRE", TlsVerifyMode.Require, null)]
    [InlineData("optional", TlsVerifyMode.Optional, null)]
    [InlineData("unset", TlsVerifyMode.Optional, null)]
    [InlineData("ca", TlsVerifyMode.Optional, "f:1:74: warning: TLS_Verify_Mode: 'ca' means optional, as in Momentum: a certificate is verified if a client presents one")]
    public void VerifyMode_IsAWord_AndAnyOtherMeansOptional(string word, TlsVerifyMode mode, string? warning)
    {
        var result = ConfigurationLoader.Parse($"ECStream_Listener {{ Use_SSL = true TLS_Certificate = a TLS_Verify_Mode = {word} Listen \":1\" {{ }} }}", "f");

        Assert.Equal(mode, result.Configuration!.Listens[0].Tls!.VerifyMode);
        Assert.Equal(warning ?? "", string.Join('\n', result.Diagnostics));
    }

    [Theory]
    [InlineData("+TLSv1.3", "true", 1)]
    [InlineData("+TLSv1.3", "false", 0)]
    [InlineData("+TLSv1.3", null, 0)]
    [InlineData("+TLSv1.2:+TLSv1.3", "true", 0)]
    public void AllowRenegotiation_OfTls13Alone_IsSaidToHaveNoEffectIfItIsAskedFor(string protocols, string? allow, int warnings)
    {
        var option = allow is null ? "" : $"TLS_Allow_Renegotiation = {allow}";
        var said = Said($"ECStream_Listener {{ Use_SSL = true TLS_Certificate = a TLS_Protocols = \"{protocols}\"\n{option} Listen \":1\" {{ }} Listen \":2\" {{ }} }}");

        Assert.Equal(
            Enumerable.Repeat("f:2:1: warning: TLS_Allow_Renegotiation has no effect: TLS_Protocols leaves TLS 1.3 alone, which has no renegotiation", warnings), said);
    }

    [Theory]
    [InlineData("+ALL", All)]
    [InlineData("all", All)]
    [InlineData(":ALL:-SSLv3", All)]
    [InlineData("+ALL:-SSLv2:-SSLv3", All)]
    [InlineData("+ALL:-TLSv1:-tlsv1.1", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("TLSv1.2:TLSv1.3", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("+TLSv1.2:-ALL:+TLSv1.3", SslProtocols.Tls13)]
    [InlineData("+ALL:+SSLv3:-SSLv3:-TLSv1.0", All & ~Tls10)]
    [InlineData("+TLSv1.0:-TLSv1:+TLSv1.2", SslProtocols.Tls12)]
    [InlineData("+SSLv2:+SSLv3:-ALL:+TLSv1.3", SslProtocols.Tls13)]
    public void Protocols_ReadFromLeftToRight(string list, SslProtocols expected) => Protocols(list, expected);

    [Theory]
    [InlineData("+ALL:+SSLv3", All, "SSLv3 left out: this platform has neither SSLv2 nor SSLv3")]
    [InlineData("sslv2:+SSLv3:-SSLv2:TLSv1.2", SslProtocols.Tls12, "SSLv3 left out: this platform has neither SSLv2 nor SSLv3")]
    [InlineData("TLSv1:TLSv1.0:+TLSv1.2", Tls10 | SslProtocols.Tls12, "TLSv1 is obsolete (RFC 8996); the policy of the system's OpenSSL may refuse all the same")]
    [InlineData("+TLSv1.0:+TLSv1.1", Tls10 | Tls11, "TLSv1.0 and TLSv1.1 are obsolete (RFC 8996); the policy of the system's OpenSSL may refuse all the same")]
    public void Protocols_ThatAreOldAndAskedForByName_AreAWarning(string list, SslProtocols expected, string warning) => Protocols(list, expected, warning);

    [Theory]
    [InlineData("+SSLv4", "'SSLv4' is not a protocol")]
    [InlineData("", null)]
    [InlineData(":", "'' is not a protocol")]
    [InlineData("+ALL:", "'' is not a protocol")]
    [InlineData("++ALL", "'+ALL' is not a protocol")]
    [InlineData("ALL -SSLv3", "'ALL -SSLv3' is not a protocol")]
    [InlineData("-SSLv3", "'-SSLv3' leaves no protocol")]
    [InlineData("+ALL:-ALL", "'+ALL:-ALL' leaves no protocol")]
    public void Protocols_ThatAreNoListOrLeaveNothing_AreAnError(string list, string? error)
    {
        var said = Assert.Single(Said($"ECStream_Listener {{ Use_SSL = true TLS_Certificate = a Listen \":1\" {{ }}\n TLS_Protocols = \"{list}\" }}"));

        Assert.Equal(
            error is null
                ? "f:2:18: error: TLS_Protocols: expected a string that is not empty, found ''"
                : $"f:2:18: error: TLS_Protocols: {error}; expected a list such as \"+ALL:-TLSv1.0:-TLSv1.1\" of ALL, TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3",
            said);
    }

    [Fact]
    public void Protocols_AnyList_IsWhatItsEntriesComeToOneByOne()
    {
        string[] names = ["ALL", "SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
        SslProtocols[] meanings = [All, SslProtocols.None, SslProtocols.None, Tls10, Tls10, Tls11, SslProtocols.Tls12, SslProtocols.Tls13];
        Gen.Select(Gen.Int[0, 2].Select(i => new[] { "+", "-", "" }[i]), Gen.Int[0, names.Length - 1]).Array[1, 8].Sample(entries =>
        {
            var expected = SslProtocols.None;
            foreach (var (sign, index) in entries)
            {
                expected = sign == "-" ? expected & ~meanings[index] : expected | meanings[index];
            }

            var (list, error) = TlsProtocolList.Parse(string.Join(':', entries.Select(e => e.Item1 + names[e.Item2])));

            Assert.Equal(expected, list.Protocols);
            Assert.Equal(expected == SslProtocols.None, error is not null);
            Assert.All(list.Outdated, n => Assert.NotEqual(SslProtocols.None, list.Protocols & meanings[Array.IndexOf(names, n)]));
        });
    }

    private static void Protocols(string list, SslProtocols expected, string? warning = null)
    {
        var result = ConfigurationLoader.Parse($"ECStream_Listener {{ Use_SSL = true TLS_Certificate = a Listen \":1\" {{ }}\n TLS_Protocols = \"{list}\" }}", "f");

        Assert.Equal(expected, result.Configuration!.Listens[0].Tls!.Protocols);
        Assert.Equal(warning is null ? "" : $"f:2:18: warning: TLS_Protocols: {warning}", string.Join('\n', result.Diagnostics));
    }

    private static string[] Said(string text) => [.. ConfigurationLoader.Parse(text, "f").Diagnostics.Select(d => d.ToString())];
}
