using EcStreamOrleans.Edge.Standalone;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace EcStreamOrleans.Grid.Tests.Silo;

public sealed class SettingsTests
{
    [Fact]
    public void EverythingThatIsWrong_IsNamedAtOnce()
    {
        var errors = Read(
            ("Grid:Dta", "x"),
            ("Grid:Limits:MaxRecipients", "many"),
            ("Grid:Limits:MaxAddressBytes", "1"),
            ("Grid:Limits:Unheard:Of", "1"),
            ("Grid:Spool:SegmentBytes", "17"),
            ("Grid:Relay:RetryMin", "soon"),
            ("Grid:Relay", "x"),
            ("Grid:Conf:Deeper", "x"),
            ("Grid:Spool:Directory", "/elsewhere"),
            ("Grid:SiloPort", "70000"),
            ("Grid:Admin", "http://0.0.0.0:8025")).Errors;

        Assert.Equal(
            [
                "Grid:Admin = http://0.0.0.0:8025: is not a loopback address: set Grid:AdminKeys to a file of keys, or Grid:Entra:Tenant and Grid:Entra:Audience, so that not everybody is its administrator.",
                "Grid:Admin = http://0.0.0.0:8025: tokens would come in the clear: use https with Grid:AdminCertificate and Grid:AdminCertificateKey, or set Grid:AllowPlainAdmin=true if something in front terminates TLS.",
                "Grid:Conf: is a value, not a section.",
                "Grid:Dta: unknown setting. Grid has: Admin, AdminCertificate, AdminCertificateKey, AdminDashboard, AdminKeys, Admission, AllowPlainAdmin, ClusterId, Clustering, Conf, Data, Entra, Facts, Fallback, GatewayPort, Health, Limits, Policy, ReceptionLog, Relay, ServiceId, SiloPort, Spool, Storage, Strict, Tracing, Transport.",
                "Grid:Limits:MaxAddressBytes = 1: must be between 64 and 65536.",
                "Grid:Limits:MaxRecipients = many: must be a whole number.",
                "Grid:Relay = x: is a section, not a value.",
                "Grid:Relay:RetryMin = soon: must be a number of seconds or HH:MM:SS.",
                "Grid:SiloPort = 70000: must be between 1 and 65535.",
                "Grid:Spool:SegmentBytes = 17: must be between 8192 and 1073741824.",
            ],
            errors.Where(e => !e.Contains("Unheard", StringComparison.Ordinal) && !e.Contains("Directory", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Grid:Limits:Unheard: unknown setting.", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Grid:Spool:Directory: unknown setting.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Grid:Admin = http://admin.test:1: must be of the form http://ADDRESS:PORT or https://ADDRESS:PORT.", "Admin", "http://admin.test:1")]
    [InlineData("Grid:Admin = https://127.0.0.1:1: https needs Grid:AdminCertificate and Grid:AdminCertificateKey.", "Admin", "https://127.0.0.1:1")]
    [InlineData("Grid:Admin = http://127.0.0.1:8025: Grid:AdminCertificate and Grid:AdminCertificateKey are for https://….", "AdminCertificate", "x")]
    [InlineData("Grid:AdminCertificate = /none, Grid:AdminCertificateKey = /none: Could not find file '/none'.", "Admin", "https://127.0.0.1:1", "AdminCertificate", "/none", "AdminCertificateKey", "/none")]
    [InlineData("Grid:Entra needs both Grid:Entra:Tenant and Grid:Entra:Audience.", "Entra:Tenant", "example.test")]
    [InlineData("Grid:Entra:Tenant = common: must be one tenant's id or domain.", "Entra:Tenant", "common", "Entra:Audience", "x")]
    [InlineData("Grid:AdminKeys = /none: Could not find file '/none'.", "AdminKeys", "/none")]
    public void TheAdminListener_DoesNotOpenToNobodyKnowsWhom(string error, params string[] settings) =>
        Assert.Equal([error], Read([.. settings.Chunk(2).Select(s => ($"Grid:{s[0]}", s[1]))]).Errors);

    [Theory]
    [InlineData("Grid:Storage:Kind = Tables: must be Sqlite or AzureTables.", "Kind", "Tables")]
    [InlineData("Grid:Storage:Kind = 1: must be Sqlite or AzureTables.", "Kind", "1")]
    [InlineData("Grid:Storage:ServiceUri and Grid:Storage:ConnectionString are for Grid:Storage:Kind=AzureTables.", "ServiceUri", "https://x.test")]
    [InlineData("Grid:Storage:Kind = AzureTables: needs either Grid:Storage:ServiceUri, for a managed identity, or Grid:Storage:ConnectionString, in development.", "Kind", "AzureTables")]
    [InlineData("Grid:Storage:Kind = AzureTables: needs either Grid:Storage:ServiceUri, for a managed identity, or Grid:Storage:ConnectionString, in development.", "Kind", "AzureTables", "ServiceUri", "https://x.test", "ConnectionString", "UseDevelopmentStorage=true")]
    [InlineData("Grid:Storage:ServiceUri = http://x.test: must be of the form https://ACCOUNT.table.….", "Kind", "AzureTables", "ServiceUri", "http://x.test")]
    [InlineData("Grid:Storage:ConnectionString: is no connection string of Azure Storage.", "Kind", "AzureTables", "ConnectionString", "AccountKey=secret")]
    [InlineData("Grid:Storage:TablePrefix = a-b: must be 1 to 40 letters and digits, the first a letter.", "Kind", "AzureTables", "ServiceUri", "https://x.test", "TablePrefix", "a-b")]
    public void TheStorage_IsSaidWhollyAndOnce(string error, params string[] settings) =>
        Assert.Equal([error], Read([.. settings.Chunk(2).Select(s => ($"Grid:Storage:{s[0]}", s[1]))]).Errors);

    [Theory]
    [InlineData("Grid:Clustering:ServiceUri, Grid:Clustering:ConnectionString and Grid:Clustering:TablePrefix are for Grid:Clustering:Kind=AzureTables.", "TablePrefix", "x")]
    [InlineData("Grid:Clustering:AdvertisedAddress is for Grid:Clustering:Kind=AzureTables.", "AdvertisedAddress", "127.0.0.1")]
    [InlineData("Grid:Clustering:Kind = AzureTables: needs Grid:Clustering:AdvertisedAddress, where the other silos and the edges reach this one.", "Kind", "AzureTables")]
    [InlineData("Grid:Clustering:AdvertisedAddress = silo.test: must be the IP address of one machine.", "Kind", "AzureTables", "AdvertisedAddress", "silo.test")]
    [InlineData("Grid:Clustering:AdvertisedAddress = 0.0.0.0: must be the IP address of one machine.", "Kind", "AzureTables", "AdvertisedAddress", "0.0.0.0")]
    [InlineData("Grid:Clustering:AdvertisedAddress = 192.0.2.1: is not a loopback address, and whoever reaches it could call any grain: set Grid:Transport:Certificate, Grid:Transport:CertificateKey and Grid:Transport:Authorities, or Grid:Transport:AllowPlain=true if something else protects the way there.", "Kind", "AzureTables", "AdvertisedAddress", "192.0.2.1")]
    [InlineData("Grid:Clustering:TablePrefix = a-b: must be 1 to 40 letters and digits, the first a letter.", "Kind", "AzureTables", "AdvertisedAddress", "127.0.0.1", "TablePrefix", "a-b")]
    [InlineData("Grid:Clustering:ServiceUri = http://x.test: must be of the form https://ACCOUNT.table.….", "Kind", "AzureTables", "AdvertisedAddress", "::1", "ServiceUri", "http://x.test")]
    [InlineData("Grid:Clustering:ConnectionString: is no connection string of Azure Storage.", "Kind", "AzureTables", "AdvertisedAddress", "127.0.0.1", "ConnectionString", "AccountKey=secret")]
    [InlineData("Grid:Clustering:Kind = AzureTables: needs either Grid:Clustering:ServiceUri, for a managed identity, or Grid:Clustering:ConnectionString, in development, or those of Grid:Storage.", "Kind", "AzureTables", "AdvertisedAddress", "127.0.0.1", "ServiceUri", "https://x.test", "ConnectionString", "UseDevelopmentStorage=true")]
    public void TheClustering_IsSaidWhollyAndOnce(string error, params string[] settings) => Assert.Equal(
        [error],
        Read([("Grid:Storage:Kind", "AzureTables"), ("Grid:Storage:ServiceUri", "https://state.test"), .. settings.Chunk(2).Select(s => ($"Grid:Clustering:{s[0]}", s[1]))]).Errors);

    [Theory]
    [InlineData("Grid:Spool:Copies = 2: needs Grid:Clustering:Kind=AzureTables, since a silo by itself has nowhere to keep a copy.", "Copies", "2")]
    [InlineData("Grid:Spool:Copies = 0: must be between 1 and 2.", "Copies", "0")]
    [InlineData("Grid:Spool:WhenAlone = Wait: must be Refuse or GoOn.", "WhenAlone", "Wait")]
    [InlineData("Grid:Spool:ReturnTime = -1: must be between 0 and 3600.", "ReturnTime", "-1")]
    [InlineData("Grid:Spool:AbsenceTime = 100000: must be between 0 and 86400.", "AbsenceTime", "100000")]
    public void Copies_AreChecked(string error, string key, string value) => Assert.Equal([error], Read(($"Grid:Spool:{key}", value)).Errors);

    [Fact]
    public void SeveralSilos_NeedOneState()
    {
        var (settings, errors) = Read(("Grid:Clustering:Kind", "AzureTables"), ("Grid:Clustering:ServiceUri", "https://x.test"), ("Grid:Clustering:AdvertisedAddress", "127.0.0.1"));

        Assert.Equal(["Grid:Clustering:Kind = AzureTables: needs Grid:Storage:Kind=AzureTables, since every silo must see the same state."], errors);
        Assert.Equal("ecstreamSiloInstances", settings.Clustering.TableName(settings.Storage));
    }

    [Theory]
    [InlineData("Grid:GatewayPort = -1: must be between 0 and 65535.", "GatewayPort", "-1")]
    [InlineData("Grid:GatewayPort = 11111: is Grid:SiloPort, too; the two need a port each.", "GatewayPort", "11111")]
    [InlineData("Grid:Health = https://127.0.0.1:8026: must be of the form http://ADDRESS:PORT.", "Health", "https://127.0.0.1:8026")]
    [InlineData("Grid:Health = http://health.test:8026: must be of the form http://ADDRESS:PORT.", "Health", "http://health.test:8026")]
    public void PortsAndHealth_AreChecked(string error, string key, string value) => Assert.Equal([error], Read(($"Grid:{key}", value)).Errors);

    [Theory]
    [InlineData("Grid:Fallback:Listeners = a.test: 'a.test' is not of the form HOST:PORT or [v6]:PORT.", "Listeners", "a.test", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners = ::1:1825: '::1:1825' is not of the form HOST:PORT or [v6]:PORT.", "Listeners", "::1:1825", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners = [a.test]:1: '[a.test]:1' is not of the form HOST:PORT or [v6]:PORT.", "Listeners", "[a.test]:1", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners = a.test:0: 'a.test:0' is not of the form HOST:PORT or [v6]:PORT.", "Listeners", "a.test:0", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners = a.test:1,: '' is not of the form HOST:PORT or [v6]:PORT.", "Listeners", "a.test:1,", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners = a.test:1, a.test:1: a.test:1 is there twice.", "Listeners", "a.test:1, a.test:1", "AllowPlain", "true")]
    [InlineData("Grid:Fallback:Listeners: [2001:db8::1]:1825 is off loopback, and mail would go there in the clear: set Grid:Fallback:Certificate and Grid:Fallback:Authorities, or Grid:Fallback:AllowPlain=true if something else protects the way.", "Listeners", "127.0.0.1:1,[2001:db8::1]:1825")]
    [InlineData("Grid:Fallback:Certificate, Grid:Fallback:CertificateKey, Grid:Fallback:Authorities and Grid:Fallback:AllowPlain are for Grid:Fallback:Listeners.", "Authorities", "x")]
    [InlineData("Grid:Fallback:After = 0.5: must be between 1 and 3600.", "After", "0.5")]
    [InlineData("Grid:Fallback:ConnectTime = 61: must be between 0.1 and 60.", "Listeners", "127.0.0.1:1", "ConnectTime", "61")]
    public void TheFallback_IsSaidWhollyAndOnce(string error, params string[] settings) =>
        Assert.Equal([error], Read([.. settings.Chunk(2).Select(s => ($"Grid:Fallback:{s[0]}", s[1]))]).Errors);

    [Fact]
    public void AFallbackByHalves_IsRefusedWithAllThatIsMissing()
    {
        using var directory = new TempDirectory();
        var authorities = new TestCertificates(directory).RootFile;
        Assert.Equal(
            [
                "Grid:Fallback:Listeners = x: 'x' is not of the form HOST:PORT or [v6]:PORT.",
                "Grid:Fallback:Certificate is missing, what the edge shows the listeners: TLS needs it.",
                "Grid:Fallback:Authorities is missing, who may have issued the listeners' certificates: TLS needs it.",
                "Grid:Fallback:AllowPlain is for listeners without TLS, and Grid:Fallback:Certificate, Grid:Fallback:CertificateKey or Grid:Fallback:Authorities is set.",
            ],
            Read(("Grid:Fallback:Listeners", "x"), ("Grid:Fallback:CertificateKey", "x"), ("Grid:Fallback:AllowPlain", "true")).Errors);
        Assert.Collection(
            Read(("Grid:Fallback:Listeners", "a.test:1"), ("Grid:Fallback:Certificate", authorities), ("Grid:Fallback:Authorities", "/none")).Errors,
            error => Assert.Equal("Grid:Fallback:Authorities = /none: Could not find file '/none'.", error),
            error => Assert.StartsWith($"Grid:Fallback:CertificateKey = {authorities}: ", error));
    }

    [Fact]
    public void AnEdge_HasItsOwnSettings_AndOthersAreUnknown()
    {
        var errors = new List<string>();
        var settings = EdgeSettings.Read(Configuration(("Grid:GatewayPort", "0"), ("Grid:Data", "x"), ("Grid:Clustering:AdvertisedAddress", "1"), ("Grid:Limits:MaxRecipients", "0"), ("Grid:Health", "x")), errors);

        Assert.Equal(
            [
                "Grid:Clustering:AdvertisedAddress: unknown setting. Grid:Clustering has: ConnectionString, Kind, ServiceUri, TablePrefix, Zone.",
                "Grid:Data: unknown setting. Grid has: ClusterId, Clustering, Conf, Facts, Fallback, GatewayPort, Health, Limits, ReceptionLog, ServiceId, Storage, Strict, Tracing, Transport.",
                "Grid:GatewayPort = 0: must be between 1 and 65535.",
                "Grid:Health = x: must be of the form http://ADDRESS:PORT.",
                "Grid:Limits:MaxRecipients = 0: must be between 1 and 1000000.",
            ],
            errors.Order(StringComparer.Ordinal));
        Assert.Equal(0, settings.GatewayPort);
    }

    [Fact]
    public async Task AConnectionString_OutsideOfDevelopment_IsRefused_AndNotRepeated()
    {
        using var output = new StringWriter();
        using var errorOutput = new StringWriter();
        const string Secret = "c2VjcmV0";

        var code = await SiloProgram.Instance.RunAsync(
            ["--Grid:Storage:Kind=AzureTables", $"--Grid:Storage:ConnectionString=DefaultEndpointsProtocol=https;AccountName=x;AccountKey={Secret};EndpointSuffix=x.test"], output, errorOutput);

        Assert.Equal(2, code);
        Assert.Equal(
            "Grid:Storage:ConnectionString has the account's key and is for development: use Grid:Storage:ServiceUri and a managed identity, or set DOTNET_ENVIRONMENT=Development.",
            errorOutput.ToString().Trim());
    }

    [Fact]
    public void OffLoopback_WithKeys_AndWhatKeepsThemSecret_TheSettingsAreRight() => Assert.Empty(
        Read(("Grid:Admin", "http://[::]:8025"), ("Grid:Entra:Tenant", "example.test"), ("Grid:Entra:Audience", "api://x"), ("Grid:AllowPlainAdmin", "true")).Errors);

    [Fact]
    public void Values_AreRead_WithTimesInSeconds()
    {
        var (settings, errors) = Read(("Grid:Limits:MinRateGrace", "2.5"), ("grid:relay:maxage", "01:00:00"), ("Grid:Limits:MaxPackageBytes", "1048576"));

        Assert.Empty(errors);
        Assert.Equal(TimeSpan.FromSeconds(2.5), settings.Limits.MinRateGrace);
        Assert.Equal(TimeSpan.FromHours(1), settings.Relay.MaxAge);
        Assert.Equal(1_048_576, settings.Limits.MaxPackageBytes);
    }

    [Fact]
    public async Task AStart_ThatIsToldNonsense_NamesItAll_AndEndsWithTwo()
    {
        using var directory = new TempDirectory();
        var conf = directory.File("bad.conf", "ECStream_Listener {\n  Listen \"127.0.0.1\" { }\n  ECStream_Idle_Tme = 3\n}\n");
        using var output = new StringWriter();
        using var errorOutput = new StringWriter();

        var code = await SiloProgram.Instance.RunAsync(["--conf", conf, "--Grid:Limits:MaxRecipients=0", "--Grid:Wrong=1"], output, errorOutput);

        Assert.Equal(2, code);
        var lines = errorOutput.ToString();
        Assert.Contains($"{conf}:2:10: error:", lines);
        Assert.Contains($"{conf}:3:3: error:", lines);
        Assert.Contains("ECStream_Idle_Time", lines);
        Assert.Contains("Grid:Limits:MaxRecipients = 0: must be between 1 and 1000000.", lines);
        Assert.Contains("Grid:Wrong: unknown setting.", lines);
    }

    [Theory]
    [InlineData("true", "error: 'Use_SSL' is not valid in an ECStream Peer")]
    [InlineData("false", "warning: 'Use_SSL' ignored: not valid in an ECStream Peer")]
    public async Task WhetherAPeerScopeMayHoldMore_IsASetting(string strict, string said)
    {
        using var directory = new TempDirectory();
        var conf = directory.File("e.conf", "ECStream_Listener {\n  Peer \"10.0.0.1\" { Use_SSL = true }\n  Listen \"127.0.0.1:0\" { }\n}\n");
        using var output = new StringWriter();
        using var errorOutput = new StringWriter();

        // The other mistake keeps the silo from starting in either mode.
        await SiloProgram.Instance.RunAsync(["--conf", conf, $"--Grid:Strict={strict}", "--Grid:Wrong=1"], output, errorOutput);

        Assert.Contains($"{conf}:2:21: {said}", errorOutput.ToString());
    }

    [Theory]
    [InlineData("--dta", "x", "--dta: unknown argument; --help lists what there is.")]
    [InlineData("stray", null, "stray: unknown argument; --help lists what there is.")]
    [InlineData("--conf", null, "--conf: needs a value.")]
    public async Task AnUnknownArgument_IsRefused(string argument, string? value, string line)
    {
        using var output = new StringWriter();
        using var errorOutput = new StringWriter();

        Assert.Equal(2, await SiloProgram.Instance.RunAsync(value is null ? [argument] : [argument, value], output, errorOutput));
        Assert.Contains(line, errorOutput.ToString());
    }

    [Fact]
    public void TheTableInTheDocs_HasEverySetting_WithItsDefault()
    {
        var docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));

        // A separate edge has nothing of its own but where its health is told.
        var rows = Rows(new GridSettings(), "Grid").Union(Rows(new EdgeSettings(), "Grid"));
        Assert.Equal(89, rows.Count(row =>
        {
            Assert.Contains(row, docs);
            return true;
        }));
    }

    private static IEnumerable<string> Rows(object section, string path)
    {
        foreach (var property in section.GetType().GetProperties().Where(p => p.CanWrite && p.Name != "Directory"))
        {
            var value = property.GetValue(section);
            if (value is not null && value.GetType().IsClass && value is not string)
            {
                foreach (var row in Rows(value, $"{path}:{property.Name}"))
                {
                    yield return row;
                }

                continue;
            }

            var isOfEdge = section is EdgeSettings && property.Name == "Health";
            var name = isOfEdge || property.Name is "Conf" or "Data" or "Admin" ? $"`{path}:{property.Name}` (`--{property.Name.ToLowerInvariant()}`)" : $"`{path}:{property.Name}`";
            yield return $"| {name} | {(value is null ? "none" : $"`{(value is TimeSpan time ? time.TotalSeconds : value is bool flag ? (flag ? "true" : "false") : value)}`")} |";
        }
    }

    private static (GridSettings Settings, List<string> Errors) Read(params (string Key, string Value)[] values)
    {
        var errors = new List<string>();
        return (GridSettings.Read(Configuration(values), errors), errors);
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value))).Build();
}
