using System.Net;
using System.Text;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Fuzz;

/// <summary>PROXY headers with damage, read whole and in pieces; what is taken of an edge that passes a session on can be written again.</summary>
public sealed class ProxyTarget : IFuzzTarget
{
    private static readonly string[] Addresses = ["192.0.2.7", "127.0.0.1", "2001:db8::7", "::1"];

    public string Name => "proxy";

    public byte[] Generate(Random random)
    {
        var address = random.Pick(Addresses);
        var header = random.Next(4) == 0
            ? Encoding.ASCII.GetBytes($"PROXY TCP{(address.Contains(':', StringComparison.Ordinal) ? 6 : 4)} {address} {address} {random.Next(70_000)} 1825\r\n")
            : Binary(random, address);
        return Streams.Damage((byte[])[.. header, .. "30:5:hello,"u8], random);
    }

    public void Check(byte[] input)
    {
        var whole = Read(input, int.MaxValue, out var header);
        FuzzException.ThrowUnless(Read(input, 1, out _) == whole, "octet by octet it is something else");
        for (var cut = 0; cut < Math.Min(input.Length, ProxyHeaderReader.MaxBinaryBytes); cut += 1 + (cut / 20))
        {
            // Less of the same is less, the same, or refused where all of it is.
            var part = Read(input[..cut], int.MaxValue, out _);
            FuzzException.ThrowUnless(
                part == whole || part.StartsWith(nameof(ProxyHeaderStatus.NeedMore), StringComparison.Ordinal), $"cut at {cut}: {part}\nwhole: {whole}");
        }

        if (header.PassedOn is { } peer)
        {
            FuzzException.ThrowUnless(
                peer is { IsAdmitted: false } or { VerifiedSubject: not null } && peer.VerifiedSubject?.Any(char.IsControl) != true, $"{peer} was taken");
            var again = Read(ProxyHeaderWriter.PassedOn(header.Source!, header.Destination!, peer), int.MaxValue, out var read);
            FuzzException.ThrowUnless(
                read.PassedOn == peer && IsSame(read.Source!, header.Source!) && IsSame(read.Destination!, header.Destination!), $"{header} was written again as {again}");
        }
    }

    // Mapped IPv4 is written as what it is.
    private static bool IsSame(IPEndPoint one, IPEndPoint other) => one.Port == other.Port && one.Address.MapToIPv6().Equals(other.Address.MapToIPv6());

    private static byte[] Binary(Random random, string address)
    {
        var end = new IPEndPoint(IPAddress.Parse(address), random.Next(65_536));
        var header = random.Next(10) == 0
            ? ProxyHeaderWriter.Local()
            : ProxyHeaderWriter.PassedOn(end, end, new PassedPeer(random.Pick([null, "", "CN=a", "CN=\u00fc, O=x", new string('n', 257)]), IsAdmitted: random.Next(2) == 0));
        byte[] more = [.. header, .. Enumerable.Range(0, random.Next(3)).SelectMany(_ => Extension(random))];
        var length = random.Next(10) == 0 ? random.Next(65_536) : more.Length - 16;
        (more[14], more[15]) = ((byte)(length >> 8), (byte)length);
        return more;
    }

    private static byte[] Extension(Random random)
    {
        var value = new byte[random.Next(random.Next(10) == 0 ? 2_000 : 12)];
        random.NextBytes(value);
        var start = random.Next(3) == 0 ? "ECS\u0001"u8.ToArray() : [];
        var length = start.Length + value.Length;
        return [(byte)(random.Next(2) == 0 ? 0xE0 : random.Next(256)), (byte)(length >> 8), (byte)length, .. start, .. value];
    }

    private static string Read(byte[] octets, int segment, out ProxyHeader header)
    {
        var input = Streams.Segment(octets, segment);
        var status = ProxyHeaderReader.Read(input, out header, out var end, out var error);
        FuzzException.ThrowUnless((error is null) == (status != ProxyHeaderStatus.Malformed), $"{status} with the error '{error}'");
        return $"{status} {header} {(status == ProxyHeaderStatus.Complete ? input.Slice(0, end).Length : 0)} {error}";
    }
}
