using System.Net;

namespace EcStreamOrleans.Edge;

/// <summary>The log messages of an edge: one line a session's end at Information, nothing a message.</summary>
internal sealed partial class EdgeLog(ILogger<EdgeLog> logger)
{
    [LoggerMessage(210, LogLevel.Information, "Session {Session} of peer {Peer} on {Listen}{Over} ended: {End} while {Where}; {Messages} messages, {Bytes} bytes accepted in {Seconds:F3} s")]
    public partial void SessionEnded(Guid session, string peer, string listen, string over, SessionEnd end, string where, long messages, long bytes, double seconds);

    [LoggerMessage(211, LogLevel.Error, "Session {Session} of peer {Peer} failed while {Where}")]
    public partial void SessionFailed(Exception error, Guid session, string peer, string where);

    [LoggerMessage(212, LogLevel.Warning, "Session {Session} of peer {Peer} is not in its grain's book yet; it goes on with the file's policy")]
    public partial void SessionNotOpened(Exception error, Guid session, string peer);

    [LoggerMessage(213, LogLevel.Debug, "Session {Session} of peer {Peer}: replies could not be written while {Where}")]
    public partial void RepliesNotWritten(Exception error, Guid session, string peer, string where);

    [LoggerMessage(214, LogLevel.Debug, "Session {Session} of peer {Peer} could not be closed in its grain's book; the grain finds out by itself")]
    public partial void SessionNotClosed(Exception error, Guid session, string peer);

    [LoggerMessage(215, LogLevel.Error, "The heartbeat failed; the next one tries again")]
    public partial void HeartbeatFailed(Exception error);

    [LoggerMessage(216, LogLevel.Information, "Listen {Listen}: bound to {EndPoint}")]
    public partial void Listening(string listen, EndPoint endPoint);

    [LoggerMessage(218, LogLevel.Error, "Listen {Listen} could not be bound: {Error}. The others serve")]
    public partial void NotListening(string listen, string? error);

    [LoggerMessage(217, LogLevel.Information, "The edge stops: {Sessions} sessions are answered and closed")]
    public partial void Draining(int sessions);

    [LoggerMessage(219, LogLevel.Information, "Session {Session} of peer {Peer} on {Listen}{Over} ended: Refused while {Where}: {Refusal}; {Refusals} messages answered Z, {Messages} accepted before that, in {Seconds:F3} s")]
    public partial void SessionRefused(Guid session, string peer, string listen, string over, string where, string refusal, long refusals, long messages, double seconds);

    [LoggerMessage(220, LogLevel.Warning, "Listen {Listen}: accepting fails, connections wait: {Reason}. It is tried again twice a second")]
    public partial void NotAccepting(Exception? error, string listen, string reason);

    [LoggerMessage(221, LogLevel.Error, "Listen {Listen}: a connection could not be made or ended")]
    public partial void ConnectionFailed(Exception error, string listen);

    [LoggerMessage(222, LogLevel.Warning, "Listen {Listen}: {Connections} connections had not ended within Grid:Limits:DrainTime and were cut off")]
    public partial void DrainTimeOver(string listen, int connections);

    [LoggerMessage(223, LogLevel.Information, "Listen {Listen}: {Change} with the configuration")]
    public partial void ListenChanged(string listen, ListenChangeKind change);

    [LoggerMessage(224, LogLevel.Debug, "Session {Session} of peer {Peer} on {Listen}{Over} begins")]
    public partial void SessionBegins(Guid session, string peer, string listen, string over);

    [LoggerMessage(225, LogLevel.Debug, "Connection of {Peer} on {Listen}: {Reason}")]
    public partial void NothingSent(string peer, string listen, string reason);

    [LoggerMessage(226, LogLevel.Information, "Connection of {Peer} on {Listen} ended before its session: {Reason}")]
    public partial void NotOpened(string peer, string listen, string reason);

    [LoggerMessage(227, LogLevel.Debug, "Connection of {Peer}: the end of TLS could not be told")]
    public partial void NotShutDown(Exception error, string peer);

    [LoggerMessage(228, LogLevel.Error, "Session of peer {Peer} on {Listen} failed while it was passed on")]
    public partial void PassingFailed(Exception error, string peer, string listen);

    [LoggerMessage(229, LogLevel.Information, "Session {Session} of peer {Peer} is closed by {Actor}: {Reason}")]
    public partial void SessionClosedByOperator(Guid session, string peer, string actor, string reason);
}
