using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Admin;

/// <summary>Looks into a spool, wherever it is.</summary>
internal interface ISpoolView
{
    /// <summary>What the spool keeps, oldest first.</summary>
    Task<SpoolViewResult<SpoolListing>> ListAsync(int limit, CancellationToken cancellationToken);

    /// <summary>One message, whole.</summary>
    Task<SpoolViewResult<SpoolMessage>> FindAsync(string id, CancellationToken cancellationToken);
}

/// <summary>What a look into a spool came to.</summary>
/// <param name="Value">What was found, or null.</param>
/// <param name="IsMissing">Whether the spool was read and holds no such thing.</param>
/// <param name="Error">Why there is no value.</param>
internal sealed record SpoolViewResult<T>(T? Value, bool IsMissing, string Error)
    where T : class;
