namespace EcStreamOrleans.Edge;

/// <summary>The edge's way to the grains: whether it is open.</summary>
public interface IGridAccess
{
    /// <summary>Why no grain can be called; null if calls go out. Asked for every batch.</summary>
    string? Obstacle { get; }
}
