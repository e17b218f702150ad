using System.ComponentModel;
using System.Security.Cryptography;
using Azure.Data.Tables;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Azurite, Microsoft's emulator of Azure Storage, as a process of its own: its table service, on a port that nobody uses.</summary>
internal sealed class Azurite : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly int _port = ServicePort.Next();
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private ToolProcess? _process;

    /// <summary>Why there is no Azurite here; null if there is.</summary>
    public static string? Missing { get; } = File.Exists(Program) ? null : $"azurite is missing: {InteropTools.Advice}";

    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName=grid;AccountKey={_key};TableEndpoint={Endpoint}";

    public Uri Endpoint => new($"http://127.0.0.1:{_port}/grid");

    private static string Program => Path.Combine(Environment.GetEnvironmentVariable("AZURITE_DIR") ?? "/opt/azurite", "node_modules", ".bin", "azurite-table");

    public static async Task<Azurite> StartNewAsync()
    {
        var azurite = new Azurite();
        await azurite.StartAsync();
        return azurite;
    }

    /// <summary>Starts it, for the first time or again with what it had stored.</summary>
    public async Task StartAsync()
    {
        _process = ToolProcess.Start(
            "env",
            [$"AZURITE_ACCOUNTS=grid:{_key}", Program, "--location", _directory.Path, "--tablePort", $"{_port}", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]);
        await _process.LineAsync("Azurite Table service successfully started");
    }

    /// <summary>An orderly stop, which of all signals SIGINT alone is to it: what was answered is in its files.</summary>
    public async Task StopAsync()
    {
        await _process!.InterruptAsync();
        await _process.ExitAsync();
        _process.Dispose();
    }

    public TableServiceClient Connect(TableClientOptions? options = null) => new(ConnectionString, options);

    public void Dispose()
    {
        _process?.Dispose();
        _directory.Dispose();
    }
}

/// <summary>One Azurite for the tests that leave it as it is; tables of their own keep them apart.</summary>
public sealed class SharedAzurite : IAsyncLifetime
{
    internal Azurite? Server { get; private set; }

    public async Task InitializeAsync() => Server = Azurite.Missing is null ? await Azurite.StartNewAsync() : null;

    public Task DisposeAsync()
    {
        Server?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A name for a table that nobody else uses.</summary>
    internal static string NewTableName() => $"T{Guid.NewGuid():N}";
}

[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<SharedAzurite>
{
    public const string Name = "Azurite";
}

/// <summary>Marks a class whose tests need Azurite. <see cref="ContractFactAttribute"/> heeds it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsAzuriteAttribute : Attribute;

/// <summary>A test of a contract: skipped with a reason in a class whose implementation needs what is missing here.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("EcStreamOrleans.Grid.Tests.Harness.ContractFactDiscoverer", "EcStreamOrleans.Grid.Tests")]
internal sealed class ContractFactAttribute : FactAttribute;

/// <summary>A test with Azurite; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute() => Skip = Azurite.Missing;
}

/// <summary>A test with Azurite; skipped with a reason where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzuriteTheoryAttribute : TheoryAttribute
{
    public AzuriteTheoryAttribute() => Skip = Azurite.Missing;
}

internal sealed class ContractFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        testMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsAzuriteAttribute)).Any()
            ? new AzuriteTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}

internal sealed class AzuriteTestCase : XunitTestCase
{
    /// <summary>For the runner, which reads it back.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the runner.")]
    public AzuriteTestCase()
    {
    }

    public AzuriteTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnostics, display, options, method)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) => Azurite.Missing ?? base.GetSkipReason(factAttribute);
}
