using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>An answer of the admin API.</summary>
internal sealed record AdminAnswer(HttpStatusCode Status, string? ETag, string? Type, JsonElement Body)
{
    public JsonElement this[string name] => Body.GetProperty(name);

    /// <summary>The body without white space, for comparing it whole.</summary>
    public string Compact => JsonSerializer.Serialize(Body);

    /// <summary>What is wrong with a request: pointer and words.</summary>
    public IReadOnlyList<(string? Pointer, string Detail)> Faults =>
        [.. this["errors"].EnumerateArray().Select(e => (e.TryGetProperty("pointer", out var p) ? p.GetString() : null, e.GetProperty("detail").GetString()!))];
}

internal static class AdminCalls
{
    public static async Task<AdminAnswer> CallAsync(
        this HttpClient http, string method, string path, string? body = null, long? ifMatch = null, string? token = null, string? actor = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.StartsWith('/') ? path : $"/api/v1/{path}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, type);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (ifMatch is { } version)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        }

        if (actor is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Actor", actor);
        }

        using var response = await http.SendAsync(request);
        var content = await response.Content.ReadAsStringAsync();
        return new AdminAnswer(
            response.StatusCode,
            response.Headers.TryGetValues("ETag", out var tags) ? tags.Single() : null,
            response.Content.Headers.ContentType?.MediaType,
            content.StartsWith('{') ? JsonDocument.Parse(content).RootElement.Clone() : default);
    }

    public static Task<AdminAnswer> PutAsync(this HttpClient http, string block, string body, long ifMatch, string query = "") =>
        http.CallAsync("PUT", $"policy/overrides/{Uri.EscapeDataString(block)}{query}", body, ifMatch);
}
