using System.Net;
using Azure;
using Azure.Data.Tables.Models;

namespace EcStreamOrleans.Azure.Tables;

/// <summary>What an error of the table service means.</summary>
internal static class TableFault
{
    /// <summary>Whether somebody else has written, inserted or deleted the row. A table that is missing is nobody's write.</summary>
    public static bool IsContention(this RequestFailedException error) =>
        (HttpStatusCode)error.Status is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict or HttpStatusCode.NotFound
        && error.ErrorCode != TableErrorCode.TableNotFound
        && error.ErrorCode != TableErrorCode.TableBeingDeleted;
}
