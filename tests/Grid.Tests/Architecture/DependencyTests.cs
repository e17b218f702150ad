using System.Reflection;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnit;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Azure.Policy;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Spool;
using EcStreamOrleans.Transport;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace EcStreamOrleans.Grid.Tests.Architecture;

/// <summary>Dependencies point one way: Edge → Hosting → Grains → Protocol; Silo → all of them; Cli → no Orleans, no ASP.NET.</summary>
public class DependencyTests
{
    private static readonly Assembly[] Product =
    [
        typeof(PeerId).Assembly,
        typeof(MailSpool).Assembly,
        typeof(EcStreamConnection).Assembly,
        typeof(StatusReport).Assembly,
        typeof(IPeerGrain).Assembly,
        typeof(SessionRegistry).Assembly,
        typeof(AzurePolicyLog).Assembly,
        typeof(NodeSettings).Assembly,
        typeof(TransportSettings).Assembly,
        typeof(SiloProgram).Assembly,
        Assembly.Load("ecgrid"),
    ];

    // What each assembly may refer to of the product, and which foreign names it may not.
    public static TheoryData<string, string[], string[]> Rules => new()
    {
        { "EcStreamOrleans.Protocol", [], ["Orleans", "Microsoft.AspNetCore", "Microsoft.Extensions", "System.Net.Sockets"] },
        { "EcStreamOrleans.Spool", ["Protocol"], ["Orleans", "Microsoft.AspNetCore"] },
        { "EcStreamOrleans.Delivery", ["Protocol"], ["Orleans", "Microsoft.AspNetCore"] },
        { "EcStreamOrleans.AdminApi", [], ["Orleans", "Microsoft.AspNetCore"] },
        { "EcStreamOrleans.Grains", ["Protocol"], ["Microsoft.AspNetCore"] },
        { "EcStreamOrleans.Hosting", ["Azure", "Transport", "Grains", "Protocol"], [] },
        { "EcStreamOrleans.Edge", ["Hosting", "Azure", "Transport", "Grains", "Protocol"], [] },
        { "EcStreamOrleans.Azure", ["Grains", "Protocol"], ["Microsoft.AspNetCore"] },
        { "EcStreamOrleans.Transport", ["Protocol"], ["Microsoft.AspNetCore.Server", "Microsoft.AspNetCore.Http"] },
        { "EcStreamOrleans.Silo", ["Azure", "Edge", "Hosting", "Transport", "Grains", "Protocol", "Spool", "Delivery", "AdminApi"], [] },
        { "ecgrid", ["Protocol", "Spool", "Delivery", "AdminApi"], ["Orleans", "Microsoft.AspNetCore"] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void AnAssembly_RefersOnlyToThoseBelowIt(string name, string[] own, string[] forbidden) =>
        Assert.Empty(Offences(Product.Single(a => a.GetName().Name == name), own, forbidden));

    [Fact]
    public void TheRuleBites() =>
        Assert.NotEmpty(Offences(typeof(SessionRegistry).Assembly, own: ["Protocol"], forbidden: ["Microsoft.AspNetCore"]));

    [Fact]
    public void GrainClasses_AreInternal() => CheckGrainClasses(Product);

    [Fact]
    public void TheRuleOnGrainClasses_Bites() =>
        Assert.Throws<FailedArchRuleException>(() => CheckGrainClasses(typeof(DependencyTests).Assembly));

    private static void CheckGrainClasses(params Assembly[] assemblies)
    {
        IArchRule rule = Classes().That().HaveNameEndingWith("Grain").And().DoNotHaveNameStartingWith("Proxy").Should().NotBePublic();
        rule.Check(new ArchLoader().LoadAssemblies(assemblies).Build());
    }

    private static List<string> Offences(Assembly assembly, string[] own, string[] forbidden)
    {
        var referred = assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.NotEmpty(referred);
        return
        [
            .. referred.Where(r => r.StartsWith("EcStreamOrleans.", StringComparison.Ordinal) && !own.Contains(r["EcStreamOrleans.".Length..])),
            .. referred.Where(r => forbidden.Any(f => r == f || r.StartsWith(f + ".", StringComparison.Ordinal))),
        ];
    }
}

/// <summary>What the rule on grain classes must find.</summary>
public sealed class OffendingGrain;
