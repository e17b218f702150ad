using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Silo.Configuration;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Admin;

/// <summary><c>/spool</c>: what the spool keeps, read from its files beside the running spool.</summary>
internal static class SpoolEndpoints
{
    private const int DefaultMessages = 100;
    private const int MostMessages = 10_000;

    public static void MapSpool(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/spool", (HttpContext context, GridSettings settings) =>
        {
            var asked = new Asked(context.Request);
            var most = asked.Limit(DefaultMessages, MostMessages);
            if (asked.Faults.Count > 0)
            {
                return Problems.Invalid(asked.Faults);
            }

            // One more than asked for tells whether there are more.
            var messages = SpoolReader.Scan(settings.Spool.Directory, most + 1);
            return Results.Json(new SpoolListing([.. messages.Take(most).Select(ToEntry)], messages.Count > most), AdminJson.Default.SpoolListing);
        })
            .WithTags("Spool").WithSummary("What the spool of this node keeps, oldest first.")
            .NumberQuery("limit", $"Messages at most, 1 to {MostMessages}; {DefaultMessages} unless told.")
            .Produces<SpoolListing>();
        routes.MapGet("/spool/{id}", (string id, GridSettings settings) =>
            SpoolReader.Find(settings.Spool.Directory, id) is var (entry, message)
                ? Results.Json(new SpoolMessage(ToEntry(entry), message), AdminJson.Default.SpoolMessage)
                : Problems.NotFound($"The spool holds no message {OneLine.Of(id)}."))
            .WithTags("Spool").WithSummary("One message of the spool, whole.")
            .Produces<SpoolMessage>()
            .ProducesProblems(StatusCodes.Status404NotFound);
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
