using System.Net;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class PrefixTreeTests
{
    private static readonly string[] Corners = ["127.0.0.1", "::1", "0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"];

    // Few distinct bits, so that blocks nest and addresses hit them.
    private static readonly Gen<IPAddress> Addresses = Gen.OneOf(
        Gen.Byte[0, 3].Array[4].Select(b => new IPAddress(b)),
        Gen.Byte[0, 3].Array[16].Select(b => new IPAddress(b)),
        Gen.Int[0, Corners.Length - 1].Select(i => IPAddress.Parse(Corners[i])));

    private static readonly Gen<string> Blocks =
        Gen.Select(Addresses, Gen.Int[0, 128], (address, prefix) => $"{address}/{(address.GetAddressBytes().Length == 4 ? prefix % 33 : prefix)}");

    [Fact]
    public void Find_AnyBlocksAndAddress_GivesAllThatHoldIt_LongestFirst() =>
        Gen.Select(Blocks.Array[0, 40], Addresses).Sample((texts, address) =>
        {
            var blocks = texts.Select(Parse).Distinct().ToArray();
            var tree = new PrefixTree<string>(blocks.Select(b => KeyValuePair.Create(b, b.ToString())));
            var peer = PeerId.From(address);

            var expected = Naive(blocks, IPAddress.Parse(peer.Key));

            Assert.Equal(expected, Found(tree, peer));
            Assert.Equal(expected.Length > 0, tree.Find(peer).Any);
            Assert.Equal(tree, new PrefixTree<string>(blocks.Reverse().Select(b => KeyValuePair.Create(b, b.ToString()))));
        });

    [Fact]
    public void Find_Unix_IsLoopback_IPv4First() =>
        Blocks.Array[0, 40].Sample(texts =>
        {
            var blocks = texts.Select(Parse).Distinct().ToArray();
            var tree = new PrefixTree<string>(blocks.Select(b => KeyValuePair.Create(b, b.ToString())));

            Assert.Equal([.. Naive(blocks, IPAddress.Loopback), .. Naive(blocks, IPAddress.IPv6Loopback)], Found(tree, PeerId.Unix));
            Assert.Equal(Found(tree, PeerId.Unix).Length > 0, tree.Find(PeerId.Unix).Any);
        });

    [Fact]
    public void Constructor_SameBlockTwice_Throws() =>
        Assert.Throws<ArgumentException>(() => new PrefixTree<int>([KeyValuePair.Create(Parse("10.0.0.0/8"), 1), KeyValuePair.Create(Parse("10.1.0.0/8"), 2)]));

    [Fact]
    public void Find_NoPeer_IsNotTakenForLoopback() => Assert.Throws<InvalidOperationException>(() => new PrefixTree<int>().Find(default));

    [Fact]
    public void Empty_FindsNothing()
    {
        var tree = new PrefixTree<int>();

        Assert.Equal(0, tree.Count);
        Assert.False(tree.Find(PeerId.Unix).Any);
        Assert.False(tree.Find(PeerId.From(IPAddress.Loopback)).MoveNext());
    }

    [Fact]
    public void Find_InATreeOfTenThousand_AllocatesNothing()
    {
        var tree = new PrefixTree<int>(Enumerable.Range(0, 10_000).Select(i => KeyValuePair.Create(Parse($"10.{i / 250}.{i % 250}.0/{24 + (i % 9)}"), i)));
        var peer = PeerId.From(IPAddress.Parse("10.20.30.0"));
        var sum = 0;

        Assert.Equal(0, Allocations.Of(() => sum = Sum()));
        Assert.Equal(5_030, sum);

        int Sum()
        {
            var total = 0;
            foreach (var match in tree.Find(peer))
            {
                total += match.Value;
            }

            foreach (var match in tree.Find(PeerId.Unix))
            {
                total += match.Value;
            }

            return total;
        }
    }

    // The address as a row of binary digits: nothing of the code under test.
    private static string[] Naive(CidrBlock[] blocks, IPAddress address) =>
        [.. blocks
            .Select(b => (Text: b.ToString(), Network: IPAddress.Parse(b.ToString().Split('/')[0]), b.PrefixLength))
            .Where(b => Bits(b.Network).Length == Bits(address).Length && Bits(b.Network)[..b.PrefixLength] == Bits(address)[..b.PrefixLength])
            .OrderByDescending(b => b.PrefixLength)
            .Select(b => b.Text)];

    private static string Bits(IPAddress address) => string.Concat(address.GetAddressBytes().Select(b => b.ToString("b8")));

    private static string[] Found(PrefixTree<string> tree, PeerId peer)
    {
        var found = new List<string>();
        foreach (var match in tree.Find(peer))
        {
            Assert.Equal(match.Key.ToString(), match.Value);
            found.Add(match.Value);
        }

        return [.. found];
    }

    private static CidrBlock Parse(string text)
    {
        Assert.True(CidrBlock.TryParse(text, out var block), text);
        return block;
    }
}
