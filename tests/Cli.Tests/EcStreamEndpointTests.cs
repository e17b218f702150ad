using EcStreamOrleans.Delivery;

namespace EcStreamOrleans.Cli.Tests;

public sealed class EcStreamEndpointTests
{
    [Theory]
    [InlineData("127.0.0.1:1825", true)]
    [InlineData("localhost:1825", true)]
    [InlineData("[::1]:25", true)]
    [InlineData("unix:/run/ecstream.sock", true)]
    [InlineData("192.0.2.1:1825", false)]
    [InlineData("[2001:db8::1]:1825", false)]
    [InlineData("gateway.example.com:0", false)]
    public void TryParse_EndPoint_ReadsItAndWritesItTheSame(string text, bool isLocal)
    {
        Assert.True(EcStreamEndpoint.TryParse(text, out var endpoint, out _));
        Assert.Equal(text, endpoint.ToString());
        Assert.Equal(isLocal, endpoint.IsLocal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData(":1825")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 25")]
    [InlineData("::1:25")]
    [InlineData("[127.0.0.1]:25")]
    [InlineData("[::1]")]
    [InlineData("a b:25")]
    [InlineData("unix:")]
    public void TryParse_NoEndPoint_SaysWhatOneIs(string? text)
    {
        Assert.False(EcStreamEndpoint.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryParse_UnixPathLongerThanTheSystemTakes_IsAnError() =>
        Assert.False(EcStreamEndpoint.TryParse("unix:/" + new string('x', 107), out _, out _));
}
