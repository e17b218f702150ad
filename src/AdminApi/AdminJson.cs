using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcStreamOrleans.AdminApi;

/// <summary>The JSON of the admin API: camelCase names, times in ISO 8601, UTC, spans in seconds.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ConfigReport))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(GridReport))]
[JsonSerializable(typeof(MaintenanceRequest))]
[JsonSerializable(typeof(MaintenanceReport))]
[JsonSerializable(typeof(SpoolListing))]
[JsonSerializable(typeof(SpoolMessage))]
[JsonSerializable(typeof(AdminProblem))]
[JsonSerializable(typeof(OverrideListing))]
[JsonSerializable(typeof(OverrideReport))]
[JsonSerializable(typeof(OverrideRequest))]
[JsonSerializable(typeof(ChangesRequest))]
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialReport))]
[JsonSerializable(typeof(SuspensionRequest))]
[JsonSerializable(typeof(PeerScopeListing))]
[JsonSerializable(typeof(PolicyWriteReport))]
[JsonSerializable(typeof(PolicyLogPage))]
[JsonSerializable(typeof(PolicyLogEntry))]
[JsonSerializable(typeof(EffectiveReport))]
[JsonSerializable(typeof(SessionListing))]
[JsonSerializable(typeof(SessionReport))]
[JsonSerializable(typeof(CloseRequest))]
[JsonSerializable(typeof(CloseReport))]
[JsonSerializable(typeof(SessionCount))]
public sealed partial class AdminJson : JsonSerializerContext;
