using System.Net;
using System.Text.Json;
using EcStreamOrleans.Grid.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>Orleans' dashboard on the admin listener: who sees it, by which way, and that mail does not mind.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ShiftedClock _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Off_ThereIsNone()
    {
        await using var silo = await TestSilo.StartAsync(_directory);

        foreach (var path in new[] { "/dashboard", "/dashboard/", "/dashboard/sign-in", "/dashboard/DashboardCounters" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.CallAsync("GET", path)).Status);
        }
    }

    [Fact]
    public async Task OnLoopback_WithoutKeys_ItIsOpenAsTheApiIs_AndThereIsNothingToSignInTo()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.AdminDashboard = true);
        using var browser = Browser(silo);

        var page = await browser.AskAsync("GET", "/dashboard/");
        Assert.Equal((HttpStatusCode.OK, "text/html", "DENY"), (page.Status, page.Type, page.Header("X-Frame-Options")));
        Assert.Contains("index.min.js", page.Text);
        Assert.Equal(HttpStatusCode.OK, (await browser.AskAsync("GET", "/dashboard/index.min.js")).Status);
        await Within.Becomes(
            async () => JsonDocument.Parse((await browser.AskAsync("GET", "/dashboard/DashboardCounters")).Text).RootElement.GetProperty("totalActiveHostCount").GetInt32() == 1,
            "it counts the silo");

        Assert.Equal(HttpStatusCode.NotFound, (await browser.AskAsync("GET", "/dashboard/sign-in")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.AskAsync("GET", "/dashboard/", ("Host", "evil.test"))).Status);

        // The log is not for every role to read.
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.AskAsync("GET", "/dashboard/Trace")).Status);
        Assert.DoesNotContain("/dashboard", await silo.Admin.GetStringAsync("/openapi/v1.json"));
    }

    [Fact]
    public async Task MailGoesOn_AndIsNotMeasured_WhileSomebodyLooks()
    {
        await using var silo = await TestSilo.StartAsync(_directory, settings: s => s.AdminDashboard = true);
        using var client = await RawClient.ConnectAsync(silo.EndPoint);

        // To look switches the measuring on; the book of nodes is written every two seconds.
        var calls = new Dictionary<string, long>();
        await Within.Becomes(
            async () =>
            {
                await client.SendAsync(RawClient.Package("Subject: x\n\nx"));
                Assert.StartsWith("K", await client.ReadReplyAsync());
                calls = JsonDocument.Parse(await silo.Admin.GetStringAsync("/dashboard/DashboardCounters")).RootElement.GetProperty("simpleGrainStats").EnumerateArray()
                    .ToDictionary(grain => grain.GetProperty("grainType").GetString()!, grain => grain.GetProperty("totalCalls").GetInt64());
                return calls.ContainsKey("EcStreamOrleans.Grains.PeerGrain") && calls.GetValueOrDefault("EcStreamOrleans.Grains.Nodes.NodesGrain") >= 2;
            },
            "calls of another grain have been measured");

        Assert.Equal(0, calls["EcStreamOrleans.Grains.PeerGrain"]);
        Assert.DoesNotContain(silo.Log.All, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task WithKeys_WhoShowsNone_IsRefused_AndABrowserIsLedToTheSignIn()
    {
        await using var silo = await StartWithKeysAsync();
        using var browser = Browser(silo);

        // A program as by the API, a browser to where it can help itself; what the page fetches is no page.
        var refused = await silo.Admin.CallAsync("GET", "/dashboard/");
        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (refused.Status, refused.Type));
        var led = await browser.AskAsync("GET", "/dashboard/", ("Accept", "text/html,*/*"));
        Assert.Equal((HttpStatusCode.Redirect, "/dashboard/sign-in", null), (led.Status, led.Header("Location"), led.Header("WWW-Authenticate")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.AskAsync("GET", "/dashboard/DashboardCounters")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.AskAsync("GET", "/api/v1/status", ("Accept", "text/html"))).Status);

        var page = await browser.AskAsync("GET", "/dashboard/sign-in");
        Assert.Equal((HttpStatusCode.OK, "text/html", "no-store"), (page.Status, page.Type, page.Header("Cache-Control")));
        Assert.Contains("""<form method="post" action="/dashboard/sign-in">""", page.Text);
        Assert.DoesNotContain("Sign out", page.Text);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("operator")]
    [InlineData("admin")]
    public async Task WithKeys_EveryRole_SignsIn_AndOut_ForTheDashboardAlone(string role)
    {
        await using var silo = await StartWithKeysAsync();
        using var browser = Browser(silo);

        var signedIn = await SignInAsync(browser, role);

        Assert.Equal((HttpStatusCode.SeeOther, "/dashboard/"), (signedIn.Status, signedIn.Header("Location")));
        Assert.Equal(["ecstream-dashboard", "httponly", "max-age=3600", "path=/dashboard", "samesite=strict"], Attributes(signedIn));
        var cookie = ("Cookie", CookieOf(signedIn));
        Assert.DoesNotContain(role, cookie.Item2);
        Assert.Contains("index.min.js", (await browser.AskAsync("GET", "/dashboard/", cookie)).Text);
        Assert.Equal(HttpStatusCode.OK, (await browser.AskAsync("GET", "/dashboard/DashboardCounters", cookie)).Status);
        Assert.Contains($"Signed in as {role}", (await browser.AskAsync("GET", "/dashboard/sign-in", cookie)).Text);
        Assert.True(silo.Log.Has(LogLevel.Information, $"{role} ({role}) from 127.0.0.1: POST /dashboard/sign-in: signed in to the dashboard as {role}: 303"));

        // A client that sends it elsewhere all the same is nobody there, and here its own token counts.
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.AskAsync("GET", "/api/v1/status", cookie)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.AskAsync("GET", "/dashboard/DashboardCounters", cookie, ("Authorization", "Bearer none"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.Admin.CallAsync("GET", "/dashboard/DashboardCounters", token: $"{role}'s")).Status);

        var signedOut = await browser.AskAsync("POST", "/dashboard/sign-out", cookie);
        Assert.Equal((HttpStatusCode.SeeOther, "ecstream-dashboard="), (signedOut.Status, CookieOf(signedOut)));
    }

    [Fact]
    public async Task AWrongToken_AChangedCookie_AKeyWithdrawn_AndAnHour_EndIt()
    {
        await using var silo = await StartWithKeysAsync();
        using var browser = Browser(silo);

        foreach (var form in new[] { "token=nobody%27s", "token=", "other=x" })
        {
            var wrong = await browser.AskAsync("POST", "/dashboard/sign-in", form);
            Assert.Equal((HttpStatusCode.Unauthorized, "text/html", null), (wrong.Status, wrong.Type, wrong.Header("Set-Cookie")));
            Assert.Contains("This token is not known here, or has ended.", wrong.Text);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await browser.AskAsync("POST", "/dashboard/sign-in", "token=" + new string('x', 40_000))).Status);
        var cookie = CookieOf(await SignInAsync(browser, "viewer"));
        Assert.Equal(HttpStatusCode.OK, await CountersAsync(cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await CountersAsync(cookie[..^4] + "AAAA"));
        Assert.Equal(HttpStatusCode.Unauthorized, await CountersAsync("ecstream-dashboard=viewer%27s"));

        _clock.Shift = TimeSpan.FromMinutes(59);
        Assert.Equal(HttpStatusCode.OK, await CountersAsync(cookie));
        _clock.Shift = TimeSpan.FromMinutes(61);
        Assert.Equal(HttpStatusCode.Unauthorized, await CountersAsync(cookie));

        cookie = CookieOf(await SignInAsync(browser, "viewer"));
        Assert.Equal(HttpStatusCode.OK, await CountersAsync(cookie));
        KeyFile.Write(_directory, KeyFile.Line("somebody", "admin", "else"));
        Assert.Equal(HttpStatusCode.Unauthorized, await CountersAsync(cookie));

        async Task<HttpStatusCode> CountersAsync(string value) => (await browser.AskAsync("GET", "/dashboard/DashboardCounters", ("Cookie", value))).Status;
    }

    [Fact]
    public async Task WhereSomethingInFrontTerminatesTls_TheCookieIsForTlsAlone()
    {
        await using var silo = await StartWithKeysAsync(inTheClear: true);
        using var browser = Browser(silo);

        Assert.Contains("secure", Attributes(await SignInAsync(browser, "viewer")));
    }

    private Task<TestSilo> StartWithKeysAsync(bool inTheClear = false)
    {
        var keys = KeyFile.Write(_directory, [.. new[] { "viewer", "operator", "admin" }.Select(role => KeyFile.Line(role, role, $"{role}'s"))]);
        return TestSilo.StartAsync(
            _directory,
            settings: s => (s.AdminDashboard, s.AdminKeys, s.AllowPlainAdmin, s.Admin) = (true, keys, inTheClear, inTheClear ? s.Admin.Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal) : s.Admin),
            services: s => s.AddSingleton<TimeProvider>(_clock));
    }

    private static DashboardBrowser Browser(TestSilo silo) => new(silo.AdminUrl.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));

    private static Task<DashboardAnswer> SignInAsync(DashboardBrowser browser, string role) => browser.AskAsync("POST", "/dashboard/sign-in", $"token=+{role}%27s%0A");

    private static string CookieOf(DashboardAnswer answer) => answer.Header("Set-Cookie")!.Split(';')[0];

    private static IEnumerable<string> Attributes(DashboardAnswer answer) =>
        answer.Header("Set-Cookie")!.Split(';').Select((part, i) => i == 0 ? part.Split('=')[0] : part.Trim().ToLowerInvariant()).Order(StringComparer.Ordinal);
}

/// <summary>What a browser gets.</summary>
internal sealed record DashboardAnswer(HttpStatusCode Status, string? Type, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>As much of a browser as the dashboard needs: it shows no token by itself, and follows nothing that the test wants to see.</summary>
internal sealed class DashboardBrowser(string url) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(url), Timeout = Within.Patience };

    public async Task<DashboardAnswer> AskAsync(string method, string path, params (string Name, string Value)[] headers) => await SendAsync(method, path, null, headers);

    public async Task<DashboardAnswer> AskAsync(string method, string path, string form) =>
        await SendAsync(method, path, new StringContent(form, System.Text.Encoding.ASCII, "application/x-www-form-urlencoded"), []);

    public void Dispose() => _http.Dispose();

    private async Task<DashboardAnswer> SendAsync(string method, string path, HttpContent? content, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return new DashboardAnswer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(),
            response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }
}
