using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>A Peer scope that overrides may stand at: a block of addresses in the ECStream_Listener, or in one Listen of it.</summary>
/// <param name="Listen">The Listen's address in its one spelling (<c>0.0.0.0:1825</c>), or empty for the ECStream_Listener.</param>
/// <param name="Block">The block.</param>
public readonly record struct PeerScope(string Listen, CidrBlock Block)
{
    /// <summary>The order of lists: the ECStream_Listener before its Listens, IPv4 before IPv6, by the first address, the outer block before the inner.</summary>
    public static IComparer<PeerScope> Order { get; } = Comparer<PeerScope>.Create(static (one, other) =>
        string.CompareOrdinal(one.Listen, other.Listen) is not 0 and var byListen ? byListen
        : one.Block.IsIPv6 != other.Block.IsIPv6 ? one.Block.IsIPv6.CompareTo(other.Block.IsIPv6)
        : one.Block.Start != other.Block.Start ? one.Block.Start.CompareTo(other.Block.Start)
        : one.Block.PrefixLength.CompareTo(other.Block.PrefixLength));

    /// <summary>Reads a scope, its parts in any spelling.</summary>
    /// <param name="listen">The Listen's address, or null or empty for the ECStream_Listener.</param>
    /// <param name="block">The block; host bits are cleared.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="error">What is wrong, in a sentence for a person.</param>
    public static bool TryParse(string? listen, string block, out PeerScope scope, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(block);
        scope = default;
        var canonical = "";
        if (!string.IsNullOrEmpty(listen))
        {
            if (!ListenAddress.TryParse(listen, out var target, out error))
            {
                return false;
            }

            canonical = target.Text;
        }

        if (!CidrBlock.TryParse(block, out var parsed, out _, out error))
        {
            error = $"unable to parse Peer {Token.Shorten(block)}: {error}";
            return false;
        }

        scope = new PeerScope(canonical, parsed);
        return true;
    }

    /// <summary>The path of the scope, as the console writes it: <c>ECStream_Listener::Peer:10.0.0.0/16:</c>.</summary>
    public override string ToString() => ScopePath.Of(
        Listen.Length == 0 ? ScopePath.Listener : ScopePath.Of(ScopePath.Listener, Vocabulary.Listen, Listen), Vocabulary.Peer, Block.ToString());
}
