namespace EcStreamOrleans.AdminApi;

/// <summary>The body of <c>POST /api/v1/maintenance</c>.</summary>
/// <param name="Node">The node's name; null for the one that is asked.</param>
/// <param name="On">Whether it is taken out of service; false takes it back.</param>
/// <param name="Reason">Why; needed to take it out of service, and told to whoever is put off.</param>
public sealed record MaintenanceRequest(string? Node, bool On, string? Reason);

/// <summary>The answer to it.</summary>
/// <param name="Node">The node.</param>
/// <param name="On">Whether it is in maintenance now.</param>
public sealed record MaintenanceReport(string Node, bool On);
