using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/api/v1/spool</c>: what the spool keeps, read from its files beside the running spool.</summary>
internal static class SpoolEndpoints
{
    private const int MostMessages = 10_000;

    public static void MapSpool(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/spool", (int? limit, GridSettings settings) =>
        {
            var most = limit ?? 100;
            if (most is < 1 or > MostMessages)
            {
                return Results.Problem($"limit = {most}: must be between 1 and {MostMessages}.", statusCode: StatusCodes.Status400BadRequest);
            }

            // One more than asked for tells whether there are more.
            var messages = SpoolReader.Scan(settings.Spool.Directory, most + 1);
            return Results.Json(new SpoolListing([.. messages.Take(most).Select(ToEntry)], messages.Count > most), AdminJson.Default.SpoolListing);
        });
        routes.MapGet("/api/v1/spool/{id}", (string id, GridSettings settings) =>
            SpoolReader.Find(settings.Spool.Directory, id) is var (entry, message)
                ? Results.Json(new SpoolMessage(ToEntry(entry), message), AdminJson.Default.SpoolMessage)
                : Results.Problem($"The spool holds no message {id}.", statusCode: StatusCodes.Status404NotFound));
    }

    private static SpoolEntry ToEntry(SpooledMessage message) => new(
        message.Id,
        message.State == SpooledMessageState.Failed ? "failed" : "waiting",
        message.Peer,
        message.AcceptedAt,
        message.Bytes,
        message.Sender,
        message.Recipients,
        message.Text.Length == 0 ? null : message.Text);
}
