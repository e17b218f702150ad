namespace EcStreamOrleans.Edge;

/// <summary>The closed set of ways a session ends.</summary>
internal enum SessionEnd
{
    /// <summary>The client closed behind a whole package.</summary>
    Closed,

    /// <summary>The client reset the connection between packages.</summary>
    Reset,

    /// <summary>The client closed inside a package; the part is dropped.</summary>
    CutInPackage,

    /// <summary>The client reset the connection inside a package; the part is dropped.</summary>
    ResetInPackage,

    /// <summary>ECStream_Idle_Time passed.</summary>
    Idle,

    /// <summary>A package came in slower than the minimum rate.</summary>
    TooSlow,

    /// <summary>The client did not read its replies for ECStream_Idle_Time.</summary>
    RepliesNotRead,

    /// <summary>The stream was not framed.</summary>
    Malformed,

    /// <summary>The session was over a limit: its packages were answered <c>Z</c>.</summary>
    Refused,

    /// <summary>An operator closed it.</summary>
    ClosedByOperator,

    /// <summary>The cluster is out of reach: the client is to come again, to be passed on to another datacentre.</summary>
    ToFallback,

    /// <summary>The edge stops.</summary>
    Drained,

    /// <summary>The connection was given up: a stop whose time was over, or replies that could not be written.</summary>
    Aborted,

    /// <summary>Something unexpected.</summary>
    Failed,
}
