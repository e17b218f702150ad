using System.Net;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>How it stands with one Listen of an edge.</summary>
/// <param name="Address">As the configuration writes it.</param>
/// <param name="EndPoint">What it is bound to, or null if it is not.</param>
/// <param name="Socket">How its socket is made.</param>
/// <param name="Error">Why it is not bound, or not as the configuration says, with the system's error number; or null.</param>
public sealed record EdgeListener(string Address, EndPoint? EndPoint, ListenSocketOptions Socket, string? Error);
