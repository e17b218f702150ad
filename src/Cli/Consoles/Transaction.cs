using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>Changes that a console session collects. Nobody else sees them before they are committed, all together.</summary>
/// <param name="start">What was set when it began.</param>
/// <param name="isFromScratch">Whether it begins with no option set.</param>
internal sealed class Transaction(OverrideSet start, bool isFromScratch)
{
    private readonly List<string> _commands = [];
    private readonly List<string> _reasons = [];

    /// <summary>The version that it goes by.</summary>
    public long BaseVersion => start.Version;

    public bool IsFromScratch => isFromScratch;

    /// <summary>What would be set behind a commit.</summary>
    public OverrideSet Overrides { get; private set; } = !isFromScratch
        ? start
        : start.With(start.Version, start.Entries.Select(e => KeyValuePair.Create(e.Key, e.Value.WithoutOptions())));

    /// <summary>The commands so far, as they can be typed again.</summary>
    public IReadOnlyList<string> Commands => _commands;

    /// <summary>Why, as the commands say.</summary>
    public string? Reason => _reasons.Count == 0 ? null : string.Join("; ", _reasons.Distinct());

    public void Add(PeerScope scope, PeerOverride value, string command, string? reason)
    {
        Overrides = Overrides.With(Overrides.Version, [KeyValuePair.Create(scope, value)]);
        _commands.Add(command);
        if (reason is not null)
        {
            _reasons.Add(reason);
        }
    }

    /// <summary>The scopes that a commit would change, with what is to be set there.</summary>
    /// <param name="now">What has ended meanwhile is not set again.</param>
    public List<ChangeRequest> Changes(DateTimeOffset now) =>
    [
        .. start.Entries.Concat(Overrides.Entries).Select(e => e.Key).Distinct()
            .Where(scope => Overrides.Get(scope) != start.Get(scope))
            .Order(PeerScope.Order)
            .Select(scope => Of(scope, Overrides.Get(scope).At(now))),
    ];

    /// <summary>A change of one scope to all that is to be set there.</summary>
    public static ChangeRequest Of(PeerScope scope, PeerOverride value) => new()
    {
        Listen = scope.Listen.Length == 0 ? null : scope.Listen,
        Block = scope.Block.ToString(),
        Set = value.IsNone ? null : value.ToValues(),
        Clear = value.IsNone ? true : null,
    };
}
