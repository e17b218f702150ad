using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcStreamOrleans.AdminApi;

/// <summary>The JSON of the admin API: camelCase names, times in ISO 8601, UTC.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ConfigReport))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(SpoolListing))]
[JsonSerializable(typeof(SpoolMessage))]
public sealed partial class AdminJson : JsonSerializerContext;
