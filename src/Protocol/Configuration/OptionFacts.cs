using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What the console needs to know of an option that takes effect.</summary>
/// <param name="Name">The name as it is written.</param>
/// <param name="Scopes">The scopes in which it takes effect.</param>
/// <param name="Default">What holds where nothing sets it, as a file would write it; <see langword="null"/> for nothing.</param>
internal sealed record OptionFacts(string Name, ImmutableArray<string> Scopes, string? Default)
{
    private static readonly FrozenDictionary<string, OptionFacts> All =
        Vocabulary.Options.Values.SelectMany(names => names).Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => new OptionFacts(name, [.. Vocabulary.Options.Keys.Where(s => Vocabulary.Options[s].Contains(name))], FindDefault(name)))
            .ToFrozenDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The option of that name in any case, or <see langword="null"/> if none takes effect.</summary>
    public static OptionFacts? Find(string name) => All.GetValueOrDefault(name);

    private static string? FindDefault(string name)
    {
        var socket = ListenSocketOptions.Default;
        return name switch
        {
            Vocabulary.IdleTime => Text((int)PolicyLimits.DefaultIdleTime.TotalSeconds),
            Vocabulary.MaxBatchSize => Text(PolicyLimits.DefaultMaxBatchSize),
            Vocabulary.Enable => Text(socket.Enable),
            Vocabulary.Backlog => Text(socket.Backlog),
            Vocabulary.FileMode => $"0{Convert.ToString(socket.FileMode, toBase: 8)}",
            Vocabulary.DisableNagle => Text(socket.NoDelay),
            Vocabulary.ReceiveBuffer => Text(socket.ReceiveBufferBytes),
            Vocabulary.SendBuffer => Text(socket.SendBufferBytes),
            Vocabulary.Port => Text(GatewayBinder.DefaultPort),
            Vocabulary.Timeout => Text((int)GatewayBinder.DefaultTimeout.TotalSeconds),
            _ => null,
        };
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
