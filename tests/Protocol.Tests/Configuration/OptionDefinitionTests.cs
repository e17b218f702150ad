using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>Every option of the table, in every scope that the table has it in: whoever adds one must say here what it changes.</summary>
public sealed class OptionDefinitionTests
{
    // The scopes that a Listen falls back along, nearest first.
    private static readonly string[] Fallback = ["Listen", "ECStream_Listener", "Pathway", "Pathway_Group", "Global"];

    public static IEnumerable<object[]> Places =>
        from definition in OptionDefinitions.All
        from scope in definition.Scopes
        select new object[] { definition.Name, scope };

    public static IEnumerable<object[]> Shadows =>
        from definition in OptionDefinitions.All
        from outer in definition.Scopes.Where(Fallback.Contains)
        from inner in definition.Scopes.Where(s => Fallback.Contains(s) && Array.IndexOf(Fallback, s) < Array.IndexOf(Fallback, outer))
        select new object[] { definition.Name, inner, outer };

    public static TheoryData<string> Names => [.. OptionDefinitions.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Places))]
    public void Option_InAScopeThatTakesIt_ChangesWhatTakesEffectOrSaysWhatHappensInstead(string name, string scope)
    {
        var definition = OptionDefinitions.Find(name)!;

        var without = Load(definition, scope);
        var with = Load(definition, scope, (scope, Sample(definition).One));

        if (without.Configuration!.Equals(with.Configuration))
        {
            Assert.True(definition.AlwaysWarns, $"{name} in {scope} changes nothing, and nothing says so.");
        }

        Assert.Equal(definition.AlwaysWarns ? 1 : 0, with.Diagnostics.Count(d => d.Message == $"{name}: {definition.Effect}"));
    }

    [Theory]
    [MemberData(nameof(Shadows))]
    public void Option_InTwoScopes_IsTakenFromTheNearer(string name, string inner, string outer)
    {
        var definition = OptionDefinitions.Find(name)!;
        var (one, other) = Sample(definition);

        var both = Effect(Load(definition, inner, (inner, one), (outer, other)));

        Assert.Equal(Effect(Load(definition, inner, (inner, one))), both);
        if (!definition.AlwaysWarns)
        {
            Assert.NotEqual(Effect(Load(definition, inner, (outer, other))), both);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Option_SetToItsDefault_ChangesNothing(string name)
    {
        var definition = OptionDefinitions.Find(name)!;
        if (definition.Default is { } value)
        {
            var scope = definition.Scopes.Contains("Listen") ? "Listen" : "Global";

            Assert.Equal(Effect(Load(definition, scope)), Effect(Load(definition, scope, (scope, $"{name} = {value}"))));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Option_IsFoundInAnyCase_AndIsDescribed(string name)
    {
        var definition = OptionDefinitions.Find(name.ToUpperInvariant())!;

        Assert.Equal(name, definition.Name);
        Assert.NotEmpty(definition.Scopes);
        Assert.NotEmpty(definition.Effect);
        Assert.True(definition.Range.Length > 0 || definition.Type == OptionType.Boolean, "A range is missing.");
    }

    [Fact]
    public void Find_NameThatIsNoOption_IsNothing() => Assert.Null(OptionDefinitions.Find("Listen"));

    [Fact]
    public void Option_ThatTheConsoleMayChangeOnlyForTheNextStart_IsEventLoop() =>
        Assert.Equal(["Event_Loop"], OptionDefinitions.All.Where(d => !d.IsDynamic).Select(d => d.Name));

    [Fact]
    public void Warning_OfAnOptionThatManyListensSet_IsSaidOnceWhereItIsFirstSet()
    {
        var result = ConfigurationLoader.Parse(
            "ECStream_Listener {\n Listen \":1\" { Events_Per_Iter = 3 }\n Listen \":2\" { events_per_iter = 4 }\n Events_Per_Iter = 5\n}", "f");

        Assert.Equal(
            "f:2:16: warning: Events_Per_Iter: no effect: a connection is handed to its session the moment it is accepted, so that there is no iteration to bound",
            Assert.Single(result.Diagnostics).ToString());
    }

    // Two settings that differ.
    private static (string One, string Other) Sample(OptionDefinition definition) => definition switch
    {
        { Name: "Pathway" } => ("Pathway = default", "Pathway = q"),
        { Name: "Pool_Name" } => ("Pool_Name = t", "Pool_Name = u"),
        { Name: "Event_Loop" } => ("Event_Loop = e", "Event_Loop = f"),
        { Name: "TLS_Ciphers" } => ("TLS_Ciphers = HIGH", "TLS_Ciphers = \"HIGH:!SHA1\""),
        { Name: "Delivery_Method" } => ("Delivery_Method = MAILDIR Gateway = \"/out\"", ""),
        { Name: "Gateway" } => ("Gateway = other", ""),
        { Type: OptionType.Number } => ($"{definition.Name} = 7", $"{definition.Name} = 8"),
        { Type: OptionType.Boolean, Default: "true" } => ($"{definition.Name} = false", $"{definition.Name} = true"),
        { Type: OptionType.Boolean } => ($"{definition.Name} = true", $"{definition.Name} = false"),
        { Type: OptionType.Octal } => ($"{definition.Name} = 0600", $"{definition.Name} = 0666"),
        { Type: OptionType.Path } => ($"{definition.Name} = one.pem", $"{definition.Name} = other.pem"),
        { Type: OptionType.Protocols } => ($"{definition.Name} = +TLSv1.2", $"{definition.Name} = +TLSv1.3"),
        { Type: OptionType.VerifyMode } => ($"{definition.Name} = require", $"{definition.Name} = none"),
        { Type: OptionType.Blocks } => ($"{definition.Name} = ( 10.0.0.1 )", $"{definition.Name} = ( 10.0.0.2 )"),
        _ => throw new NotSupportedException($"{definition.Name} has no sample: say here what it changes."),
    };

    // What an option needs around it for a difference to show.
    private static (string Global, string Listen) Around(OptionDefinition definition, string scope) => (definition.Name, scope) switch
    {
        ("Use_SSL", _) => ("TLS_Certificate = base.pem", ""),
        ("TLS_Certificate", "Global") => ("TLS_Certificate = base.pem", "Use_SSL = true"),
        (['T', 'L', 'S', '_', ..], _) => ("TLS_Certificate = base.pem", "Use_SSL = true"),
        ("Concurrency", "ThreadPool") => ("", "Concurrency = 9 Pool_Name = t"),
        ("Concurrency", "EventLoop") => ("", "Event_Loop = e"),
        ("Pool_Name", _) => ("", "Concurrency = 9"),
        ("Gateway" or "ECStream_Port" or "ECStream_Timeout", _) => ("Delivery_Method = ECSTREAM Gateway = mx", ""),
        _ => ("", ""),
    };

    private static ConfigurationResult Load(OptionDefinition definition, string around, params (string Scope, string Text)[] settings)
    {
        var (global, listen) = Around(definition, around);
        var result = ConfigurationLoader.Parse(
            $$"""
            {{global}} {{In("Global")}}
            Pathway_Group "g" { {{In("Pathway_Group")}} Pathway "p" { {{In("Pathway")}} } }
            Pathway "q" { }
            ThreadPool "t" { Concurrency = 2 {{In("ThreadPool")}} } ThreadPool "u" { Concurrency = 3 }
            EventLoop "e" { {{In("EventLoop")}} } EventLoop "f" { }
            ECStream_Listener {
              Pathway = p {{In("ECStream_Listener")}}
              Listen ":1825" { {{listen}} {{In("Listen")}} Peer "10.0.0.0/8" { {{In("Peer")}} } }
              Listen ":1826" { Enable = true }
            }
            """,
            "f");
        Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
        return result;

        string In(string scope) => string.Join(' ', settings.Where(s => s.Scope == scope).Select(s => s.Text));
    }

    // What a Listen and the gateway come to, whichever scope it is from.
    private static object Effect(ConfigurationResult result)
    {
        var listen = result.Configuration!.Listens[0];
        return (listen.Socket, listen.Accept, listen.Tls, listen.Proxy, listen.IdleTime.Value, listen.MaxBatchSize.Value, listen.Pathway?.Name, result.Configuration.Gateway);
    }
}
