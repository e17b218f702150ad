using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// Everything that is set at Peer scopes while the grid runs, at one version: immutable, changed by making the next one, which
/// shares what has not changed. A look-up allocates nothing.
/// </summary>
public sealed class OverrideSet
{
    private readonly ImmutableDictionary<string, OverrideLevel> _levels;
    private readonly ImmutableSortedSet<(DateTimeOffset At, PeerScopeOrder Scope)> _expiries;

    private OverrideSet(
        long version, ImmutableDictionary<string, OverrideLevel> levels, ImmutableSortedSet<(DateTimeOffset, PeerScopeOrder)> expiries) =>
        (Version, _levels, _expiries) = (version, levels, expiries);

    /// <summary>Nothing is set, and nothing ever was.</summary>
    public static OverrideSet Empty { get; } = new(
        0, ImmutableDictionary.Create<string, OverrideLevel>(StringComparer.Ordinal), []);

    /// <summary>The version of the last change; 0 if there never was one.</summary>
    public long Version { get; }

    /// <summary>How many scopes something is set at.</summary>
    public int Count => _levels.Values.Sum(level => level.Count);

    /// <summary>When the first of what is set ends; null if nothing does.</summary>
    public DateTimeOffset? NextExpiry => _expiries.IsEmpty ? null : _expiries.Min.At;

    /// <summary>Every scope that something is set at, in no order.</summary>
    public IEnumerable<KeyValuePair<PeerScope, PeerOverride>> Entries =>
        from level in _levels
        from entry in level.Value.Entries
        select KeyValuePair.Create(new PeerScope(level.Key, entry.Key), entry.Value);

    /// <summary>What is set at a scope itself.</summary>
    /// <param name="scope">The scope.</param>
    public PeerOverride Get(PeerScope scope) => _levels.GetValueOrDefault(scope.Listen)?.Get(scope.Block) ?? PeerOverride.None;

    /// <summary>The set with what some scopes have been changed to.</summary>
    /// <param name="version">The version of the result.</param>
    /// <param name="changes">What is set at the scopes from now on; <see cref="PeerOverride.None"/> clears one.</param>
    public OverrideSet With(long version, IEnumerable<KeyValuePair<PeerScope, PeerOverride>> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var expiries = _expiries.ToBuilder();
        var builders = new Dictionary<string, OverrideLevel.Builder>(StringComparer.Ordinal);
        foreach (var (scope, value) in changes)
        {
            if (!builders.TryGetValue(scope.Listen, out var builder))
            {
                builder = (_levels.GetValueOrDefault(scope.Listen) ?? OverrideLevel.Empty).ToBuilder(scope.Listen);
                builders.Add(scope.Listen, builder);
            }

            if (builder.Get(scope.Block)?.NextExpiry is { } old)
            {
                expiries.Remove((old, new(scope)));
            }

            if (value.NextExpiry is { } next)
            {
                expiries.Add((next, new(scope)));
            }

            builder.Set(scope.Block, value);
        }

        var levels = _levels.ToBuilder();
        foreach (var (listen, builder) in builders)
        {
            var level = builder.ToLevel();
            if (level.Count == 0)
            {
                levels.Remove(listen);
            }
            else
            {
                levels[listen] = level;
            }
        }

        return new OverrideSet(version, levels.ToImmutable(), expiries.ToImmutable());
    }

    /// <summary>The set without what has ended by an instant; the version stays, since nobody has changed anything.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="ended">The scopes where something has.</param>
    public OverrideSet At(DateTimeOffset now, out IReadOnlyList<PeerScope> ended)
    {
        ended = [.. _expiries.TakeWhile(e => e.At <= now).Select(e => e.Scope.Scope)];
        return ended.Count == 0 ? this : With(Version, ended.Select(scope => KeyValuePair.Create(scope, Get(scope).At(now))));
    }

    /// <summary>What is set in the ECStream_Listener (no Listen) or in one Listen.</summary>
    internal bool TryGetLevel(string listen, [NotNullWhen(true)] out OverrideLevel? level) => _levels.TryGetValue(listen, out level);

    /// <summary>Whether something is set in a Listen of its own: only then its key is worth making.</summary>
    internal bool HasListens => _levels.Count > 1 || (_levels.Count == 1 && !_levels.ContainsKey(""));

    /// <summary>Any order will do, as long as it tells scopes apart.</summary>
    private readonly record struct PeerScopeOrder(PeerScope Scope) : IComparable<PeerScopeOrder>
    {
        public int CompareTo(PeerScopeOrder other) => PeerScope.Order.Compare(Scope, other.Scope);
    }
}
