using System.Globalization;
using System.Text;

namespace EcStreamOrleans.Spool;

/// <summary>
/// The names of the spools whose silos may hold copies of this one's records, kept beside the records: whoever comes back asks all of them what was
/// delivered in its absence. A name is durable here before its silo is sent the first copy.
/// </summary>
public sealed class PartnerBook
{
    private const string FileName = "partners";
    private readonly ISpoolFiles _files;
    private readonly string _directory;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads the book of a spool.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="directory">The spool's directory.</param>
    public PartnerBook(ISpoolFiles files, string directory)
    {
        (_files, _directory) = (files, directory);
        if (!files.List(directory).Contains(FileName, StringComparer.Ordinal))
        {
            return;
        }

        var words = Encoding.UTF8.GetString(SpoolLayout.ReadWhole(files, Path.Combine(directory, FileName))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Epoch = words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0;
        _names.UnionWith(words.Skip(1));
    }

    /// <summary>Counts the partners that there have been.</summary>
    public long Epoch { get; private set; }

    /// <summary>Who may hold copies.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Begins with another partner.</summary>
    /// <param name="name">The name of its spool.</param>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public void Begin(string name) => Write(Epoch + 1, [.. _names, name]);

    /// <summary>Somebody holds nothing any more.</summary>
    /// <param name="name">The name of the spool.</param>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public void Remove(string name) => Write(Epoch, [.. _names.Where(other => other != name)]);

    private void Write(long epoch, HashSet<string> names)
    {
        SpoolLayout.WriteWhole(_files, _directory, FileName, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{epoch}\n{string.Join('\n', names)}\n")));
        Epoch = epoch;
        _names.Clear();
        _names.UnionWith(names);
    }
}
