using System.Net;

namespace EcStreamOrleans.Protocol.Tests;

public class PeerIdTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("[::FFFF:a00:1]", "10.0.0.1")]
    [InlineData("2001:DB8:0:0::1", "2001:db8::1")]
    [InlineData("[fe80::1%3]", "fe80::1")]
    [InlineData("unix", "unix")]
    public void AnySpelling_IsOnePeer(string text, string key)
    {
        Assert.True(PeerId.TryParse(text, out var peer));
        Assert.Equal(key, peer.Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("10.1")]
    [InlineData("host.example")]
    [InlineData("10.0.0.0/8")]
    [InlineData("UNIX")]
    public void WhatIsNoAddress_IsNoPeer(string? text) => Assert.False(PeerId.TryParse(text, out _));

    [Fact]
    public void EndPoints_NameTheirPeer()
    {
        Assert.Equal("127.0.0.1", PeerId.From(new IPEndPoint(IPAddress.Parse("::ffff:127.0.0.1"), 5)).Key);
        Assert.Equal(PeerId.Unix, PeerId.From((EndPoint?)null));
    }
}
