using System.Net;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class CidrBlockTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", false)]
    [InlineData("10.0.0.1/32", "10.0.0.1", false)]
    [InlineData("10.0.0.0/16", "10.0.0.0/16", false)]
    [InlineData("10.0.3.4/16", "10.0.0.0/16", true)]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", false)]
    [InlineData("255.255.255.255/0", "0.0.0.0/0", true)]
    [InlineData("128.0.0.0/1", "128.0.0.0/1", false)]
    [InlineData("::/0", "::/0", false)]
    [InlineData("2001:db8::1", "2001:db8::1", false)]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1", false)]
    [InlineData("2001:0db8::0001/128", "2001:db8::1", false)]
    [InlineData("[2001:db8::1]", "2001:db8::1", false)]
    [InlineData("[2001:db8::]/32", "2001:db8::/32", false)]
    [InlineData("2001:db8::1/32", "2001:db8::/32", true)]
    [InlineData("::192.168.0.1", "::192.168.0.1", false)]
    [InlineData("[::C0A8:1]/128", "::192.168.0.1", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", false)]
    [InlineData("[::FFFF:A00:1]/128", "10.0.0.1", false)]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8", false)]
    [InlineData("::ffff:10.1.0.0/104", "10.0.0.0/8", true)]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0", false)]
    public void TryParse_LegalForm_IsCanonical(string text, string canonical, bool hadHostBits)
    {
        Assert.True(CidrBlock.TryParse(text, out var block, out var found, out var error), error);

        Assert.Equal(canonical, block.ToString());
        Assert.Equal(hadHostBits, found);
        Assert.True(CidrBlock.TryParse(canonical, out var again));
        Assert.Equal(block, again);
        Assert.Equal(block.GetHashCode(), again.GetHashCode());
    }

    [Theory]
    [InlineData("", "'' is not an IP address")]
    [InlineData("/8", "'' is not an IP address")]
    [InlineData("10.0.0", "'10.0.0' is not an IP address")]
    [InlineData("10.0.0.256", "'10.0.0.256' is not an IP address")]
    [InlineData("010.0.0.1", "'010.0.0.1' is not an IP address")]
    [InlineData("10.0.0.1 ", "'10.0.0.1 ' is not an IP address")]
    [InlineData("10.0.0.0/33", "'33' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("10.0.0.0/", "'' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("10.0.0.0/08", "'08' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("10.0.0.0/-1", "'-1' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("10.0.0.0/8/8", "'8/8' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("10.0.0.0/255.0.0.0", "'255.0.0.0' is not a prefix length; expected a number from 0 to 32")]
    [InlineData("::/129", "'129' is not a prefix length; expected a number from 0 to 128")]
    [InlineData("[::1/128]", "'[::1' is not an IP address")]
    [InlineData("[10.0.0.1]", "brackets are for IPv6; write an IPv4 address without them")]
    [InlineData("fe80::1%eth0", "an address with a zone is not accepted")]
    [InlineData("[fe80::1%1]/64", "an address with a zone is not accepted")]
    [InlineData("::ffff:0:0/95", "a block of IPv4-mapped IPv6 addresses needs a prefix length of at least 96, or it would reach beyond IPv4; write it as IPv4")]
    [InlineData("mail.example.com", "host names are not accepted; write an IP address")]
    [InlineData("unix", "host names are not accepted; write an IP address")]
    public void TryParse_BadForm_SaysWhatIsWrong(string text, string error)
    {
        Assert.False(CidrBlock.TryParse(text, out _, out _, out var found));

        Assert.Equal(error, found);
    }

    [Fact]
    public void TryParse_AnyText_IsABlockThatReadsBack_OrAnError() =>
        Gen.Char["0123456789abf.:/[]%x"].Array[0, 24].Select(c => new string(c)).Sample(
            text => Assert.True(
                CidrBlock.TryParse(text, out var block, out _, out var error)
                    ? CidrBlock.TryParse(block.ToString(), out var again) && again == block
                    : error is not null),
            iter: 20_000);

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("0.0.0.0/0", "255.1.2.3", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "10.0.0.1", false)]
    [InlineData("0.0.0.0/0", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    public void Contains_Address_CountsTheBitsOfOneFamily(string block, string address, bool expected)
    {
        Assert.True(CidrBlock.TryParse(block, out var parsed));

        Assert.Equal(expected, parsed.Contains(CidrBlock.Of(IPAddress.Parse(address))));
    }

    [Fact]
    public void Contains_WiderBlock_IsFalse()
    {
        Assert.True(CidrBlock.TryParse("10.0.0.0/16", out var inner));
        Assert.True(CidrBlock.TryParse("10.0.0.0/8", out var outer));

        Assert.True(outer.Contains(inner));
        Assert.False(inner.Contains(outer));
        Assert.True(inner.Contains(inner));
    }
}
