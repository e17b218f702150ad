using System.Net;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Transport;

/// <summary>The log messages of the grid's own connections: one line for each that is refused.</summary>
internal sealed partial class TransportLog(ILogger<TransportLog> logger)
{
    [LoggerMessage(700, LogLevel.Warning, "Grid connection {Direction} {Remote} is refused: {Reason}; certificate: {Subject}")]
    public partial void Refused(string direction, EndPoint? remote, string reason, string subject);

    [LoggerMessage(701, LogLevel.Information, "Grid connections show the certificate {Subject}, valid until {End:u}")]
    public partial void Shows(string subject, DateTime end);

    [LoggerMessage(702, LogLevel.Warning, "The certificate {Subject} will be refused by whoever has the same Grid:Transport:Authorities: {Reason}")]
    public partial void WillBeRefused(string subject, string reason);

    [LoggerMessage(703, LogLevel.Error, "The files of Grid:Transport have changed and cannot be used; what held before holds on: {Errors}")]
    public partial void NotReloaded(string errors);

    [LoggerMessage(704, LogLevel.Error, "Grid port {EndPoint}: accepting fails, connections wait. It is tried again twice a second")]
    public partial void NotAccepting(Exception error, EndPoint endPoint);
}
