using System.Reflection;
using System.Text;
using System.Text.Json;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol.Configuration;
using Orleans.Concurrency;
using Orleans.Services;

namespace EcStreamOrleans.Grid.Tests.Contracts;

/// <summary>
/// What nodes of different versions have in common while a grid is upgraded, and what stored state outlives: docs/contract.txt. A change of it must be meant.
/// Things are added, with defaults; nothing is renamed, renumbered or taken away while nodes that know it may run.
/// </summary>
public sealed class ContractTests
{
    private static readonly Assembly Grains = typeof(IPeerGrain).Assembly;

    private static readonly string BaseLine = Path.Combine(Repository.Root, "docs", "contract.txt");

    [Fact]
    public async Task TheContract_IsTheOneThatIsWrittenDown()
    {
        var contract = string.Join('\n', Interfaces().Concat(Types()).Concat(Stored())) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(BaseLine, contract);
        }

        Assert.Equal(await File.ReadAllTextAsync(BaseLine), contract);
    }

    [Fact]
    public void EveryInterface_AndMethod_AndType_HasANameOfItsOwn_ThatARenamedClassKeeps()
    {
        var interfaces = GrainInterfaces().ToList();
        Assert.True(interfaces.Count >= 6);
        Assert.All(interfaces, i => Assert.NotNull(i.GetCustomAttribute<AliasAttribute>(inherit: false)));
        Assert.All(interfaces.SelectMany(i => i.GetMethods().Where(m => m.IsAbstract)), m => Assert.NotNull(m.GetCustomAttribute<AliasAttribute>(inherit: false)));
        Assert.All(WireTypes(), t => Assert.NotNull(t.GetCustomAttribute<AliasAttribute>(inherit: false)));
        var aliases = interfaces.Concat(WireTypes()).Select(t => t.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias).ToList();
        Assert.Equal(aliases.Count, aliases.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void WhatAnEarlierVersionHasStored_IsRead()
    {
        // Both as the first version that stored them wrote them: without anything that came later.
        var entry = JsonSerializer.Deserialize<PolicyEntry>(
            """{"Version":3,"Id":"7f3c1d52-5d0b-4f0e-9d63-0f0a6d3d2b11","Instant":"2026-11-01T10:00:00+00:00","Actor":"ann","Source":"api","Reason":"r","Changes":[{"Listen":"","Block":"10.0.0.0/16","Before":{"IsEmpty":true},"After":{"IdleTime":"00:01:00","IsEmpty":false}}]}""")!;
        var state = JsonSerializer.Deserialize<PeerPolicyState>("""{"Places":{"":{"Value":{"MaxBatchSize":5},"Version":3}}}""")!;

        Assert.Equal((3L, "10.0.0.0/16", TimeSpan.FromMinutes(1)), (entry.Version, entry.Changes[0].Block, entry.Changes[0].After.IdleTime!.Value));
        Assert.Equal((5, 3L), (state.Places[""].Value.MaxBatchSize!.Value, state.Places[""].Version));
    }

    private static IEnumerable<string> Interfaces() =>
        from type in GrainInterfaces()
        let name = type.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias
        from line in (string[])[$"interface {name}", .. type.GetMethods().Where(m => m.IsAbstract).Select(Describe).Order(StringComparer.Ordinal)]
        select line;

    private static IEnumerable<string> Types() =>
        from type in WireTypes()
        let name = type.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias
        from line in (string[])[$"type {name}{(type.BaseType?.GetCustomAttribute<AliasAttribute>(inherit: false) is { } parent ? $" : {parent.Alias}" : "")}", .. Members(type)]
        select line;

    // In the order of the numbers: by them, not by its name, a member is known on the wire.
    private static IEnumerable<string> Members(Type type) =>
        from member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let id = member.GetCustomAttribute<IdAttribute>()
        where id is not null
        orderby id.Id
        select $"  {id.Id} {NameOf(member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType)} {member.Name}";

    private static IEnumerable<string> Stored()
    {
        var until = new DateTimeOffset(2026, 11, 1, 18, 0, 0, TimeSpan.Zero);
        var value = new PeerOverride
        {
            IdleTime = TimeSpan.FromMinutes(1),
            IdleTimeUntil = until,
            MaxBatchSize = 5,
            MaxBatchSizeUntil = until,
            Suspended = true,
            SuspendedReason = "why",
            SuspendedUntil = until,
        };
        yield return "stored policy entry";
        yield return "  " + JsonSerializer.Serialize(new PolicyEntry(1, Guid.Empty, until, "actor", "api", "reason", [new PolicyChange("", "10.0.0.0/16", PeerOverride.None, value)]));
        yield return "stored state of a scope";
        yield return "  " + JsonSerializer.Serialize(new PeerPolicyState { Places = new() { [""] = new StoredOverride { Value = value, Version = 1 } } });
    }

    private static IEnumerable<Type> GrainInterfaces() => Grains.GetTypes()
        .Where(type => type.IsInterface && (typeof(IGrain).IsAssignableFrom(type) || typeof(IGrainObserver).IsAssignableFrom(type) || typeof(IGrainService).IsAssignableFrom(type)))
        .OrderBy(type => type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias, StringComparer.Ordinal);

    private static IEnumerable<Type> WireTypes() => Grains.GetTypes()
        .Where(type => type.Namespace?.StartsWith("EcStreamOrleans", StringComparison.Ordinal) == true && type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))
        .OrderBy(type => type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias, StringComparer.Ordinal);

    private static string Describe(MethodInfo method)
    {
        var line = new StringBuilder("  ").Append(method.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias).Append('(')
            .AppendJoin(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType))).Append(") ").Append(NameOf(method.ReturnType));
        if (method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout is { } time)
        {
            line.Append(" within ").Append(time.TotalSeconds).Append(" s");
        }

        if (method.GetCustomAttribute<AlwaysInterleaveAttribute>() is not null)
        {
            line.Append(" interleaving");
        }

        return line.Append(method.GetCustomAttribute<OneWayAttribute>() is null ? "" : " one-way").ToString();
    }

    private static string NameOf(Type type) =>
        type.GetCustomAttribute<AliasAttribute>(inherit: false) is { } alias ? alias.Alias
        : Nullable.GetUnderlyingType(type) is { } inner ? $"{NameOf(inner)}?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
