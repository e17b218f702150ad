namespace EcStreamOrleans.Spool.Tests;

/// <summary>One step a disk was asked to take, in the order it was asked.</summary>
public abstract record DiskStep
{
    public sealed record Make(string Path, int Node) : DiskStep;

    public sealed record Write(int Node, long Offset, byte[] Bytes) : DiskStep;

    public sealed record Flush(int Node) : DiskStep;

    public sealed record Remove(string Path) : DiskStep;

    public sealed record Move(string From, string To) : DiskStep;

    public sealed record FlushNames : DiskStep;
}

/// <summary>A disk in memory that remembers every step, and can be told to fail.</summary>
public sealed class MemoryDisk : ISpoolFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Node> _names = [];
    private readonly HashSet<string> _locks = [];
    private int _nodes;

    public List<DiskStep> Steps { get; } = [];

    public Func<string, Exception?>? WriteFault { get; set; }

    public Func<string, Exception?>? FlushFault { get; set; }

    public long Free { get; set; } = long.MaxValue / 2;

    public int StepCount
    {
        get
        {
            lock (_gate)
            {
                return Steps.Count;
            }
        }
    }

    public static MemoryDisk From(IReadOnlyDictionary<string, byte[]> image)
    {
        var disk = new MemoryDisk();
        foreach (var (path, bytes) in image)
        {
            disk._names[path] = new Node(disk._nodes++, path) { Bytes = bytes, Length = bytes.Length };
        }

        return disk;
    }

    public Dictionary<string, byte[]> Image()
    {
        lock (_gate)
        {
            return _names.ToDictionary(pair => pair.Key, pair => pair.Value.Bytes[..pair.Value.Length]);
        }
    }

    public void CreateDirectory(string path)
    {
    }

    public IDisposable Lock(string path)
    {
        lock (_gate)
        {
            return _locks.Add(path) ? new Unlock(this, path) : throw new IOException("held");
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        lock (_gate)
        {
            return [.. _names.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path))];
        }
    }

    public ISpoolFile Open(string path, SpoolFileMode mode)
    {
        lock (_gate)
        {
            if (mode is SpoolFileMode.Create or SpoolFileMode.CreateBlocks)
            {
                _names[path] = new Node(_nodes++, path);
                Steps.Add(new DiskStep.Make(path, _names[path].Number));
            }

            return new OpenFile(this, _names.TryGetValue(path, out var node) ? node : throw new FileNotFoundException(path));
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            _names.Remove(path);
            Steps.Add(new DiskStep.Remove(path));
        }
    }

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            _names.Remove(from, out var node);
            _names[to] = node!;
            node!.Path = to;
            Steps.Add(new DiskStep.Move(from, to));
        }
    }

    public void FlushDirectory(string directory)
    {
        lock (_gate)
        {
            Steps.Add(new DiskStep.FlushNames());
        }
    }

    public long FreeBytes(string directory) => Free;

    private sealed class Unlock(MemoryDisk disk, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._gate)
            {
                disk._locks.Remove(path);
            }
        }
    }

    private sealed class Node(int number, string path)
    {
        public int Number { get; } = number;

        public string Path { get; set; } = path;

        public byte[] Bytes { get; set; } = [];

        public int Length { get; set; }
    }

    private sealed class OpenFile(MemoryDisk disk, Node node) : ISpoolFile
    {
        public long Length => node.Length;

        public int Read(Span<byte> destination, long offset)
        {
            lock (disk._gate)
            {
                var count = (int)Math.Max(0, Math.Min(destination.Length, node.Length - offset));
                node.Bytes.AsSpan((int)Math.Min(offset, node.Length), count).CopyTo(destination);
                return count;
            }
        }

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
            lock (disk._gate)
            {
                if (disk.WriteFault?.Invoke(node.Path) is { } fault)
                {
                    throw fault;
                }

                var end = (int)offset + source.Length;
                if (end > node.Bytes.Length)
                {
                    var bytes = node.Bytes;
                    Array.Resize(ref bytes, Math.Max(end, 2 * bytes.Length));
                    node.Bytes = bytes;
                }

                node.Length = Math.Max(node.Length, end);
                source.CopyTo(node.Bytes.AsSpan((int)offset));
                disk.Steps.Add(new DiskStep.Write(node.Number, offset, source.ToArray()));
            }
        }

        public void Flush()
        {
            lock (disk._gate)
            {
                if (disk.FlushFault?.Invoke(node.Path) is { } fault)
                {
                    throw fault;
                }

                disk.Steps.Add(new DiskStep.Flush(node.Number));
            }
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>How a crash treats what was written and not flushed.</summary>
public enum Unflushed
{
    Kept,
    Lost,
    Torn,
}

/// <summary>Replays a disk's steps up to a crash, and says what a machine would find after it.</summary>
public static class CrashImage
{
    private const int Sector = 512;

    public static Dictionary<string, byte[]> At(IReadOnlyDictionary<string, byte[]> before, IReadOnlyList<DiskStep> steps, int crash, Unflushed unflushed, Random random)
    {
        var names = new Dictionary<string, int>();
        var durable = new Dictionary<int, byte[]>();
        foreach (var (path, bytes) in before)
        {
            durable[names.Count] = bytes;
            names.Add(path, names.Count);
        }

        var pendingWrites = new Dictionary<int, List<DiskStep.Write>>();
        var pendingNames = new List<DiskStep>();
        for (var i = 0; i < crash; i++)
        {
            switch (steps[i])
            {
                case DiskStep.Write write:
                    (pendingWrites.TryGetValue(write.Node, out var list) ? list : pendingWrites[write.Node] = []).Add(write);
                    break;
                case DiskStep.Flush flush:
                    foreach (var write in pendingWrites.GetValueOrDefault(flush.Node, []))
                    {
                        Put(durable, write.Node, write.Bytes, write.Offset);
                    }

                    pendingWrites.Remove(flush.Node);
                    break;
                case DiskStep.FlushNames:
                    pendingNames.ForEach(step => Name(names, step));
                    pendingNames.Clear();
                    break;
                default:
                    pendingNames.Add(steps[i]);
                    break;
            }
        }

        // File systems journal names in order, so a crash keeps some first part of them.
        var namesKept = unflushed switch { Unflushed.Kept => pendingNames.Count, Unflushed.Lost => 0, _ => random.Next(pendingNames.Count + 1) };
        pendingNames.Take(namesKept).ToList().ForEach(step => Name(names, step));
        foreach (var write in pendingWrites.Values.SelectMany(list => list).Where(_ => unflushed != Unflushed.Lost))
        {
            for (var offset = 0; offset < write.Bytes.Length; offset += Sector)
            {
                if (unflushed == Unflushed.Kept || random.Next(2) == 0)
                {
                    Put(durable, write.Node, write.Bytes.AsSpan(offset, Math.Min(Sector, write.Bytes.Length - offset)), write.Offset + offset);
                }
            }
        }

        return names.ToDictionary(pair => pair.Key, pair => durable.TryGetValue(pair.Value, out var bytes) ? (byte[])bytes.Clone() : []);
    }

    private static void Name(Dictionary<string, int> names, DiskStep step)
    {
        switch (step)
        {
            case DiskStep.Make make:
                names[make.Path] = make.Node;
                break;
            case DiskStep.Remove remove:
                names.Remove(remove.Path);
                break;
            case DiskStep.Move move when names.Remove(move.From, out var node):
                names[move.To] = node;
                break;
        }
    }

    private static void Put(Dictionary<int, byte[]> files, int node, ReadOnlySpan<byte> bytes, long offset)
    {
        var file = files.GetValueOrDefault(node, []);
        if (file.Length < offset + bytes.Length)
        {
            Array.Resize(ref file, (int)offset + bytes.Length);
            files[node] = file;
        }

        bytes.CopyTo(file.AsSpan((int)offset));
    }
}
