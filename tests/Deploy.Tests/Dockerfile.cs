using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EcStreamOrleans.Deploy.Tests;

/// <summary>What must hold for a Dockerfile. Every error is a sentence.</summary>
internal static partial class Dockerfile
{
    /// <summary>The instructions: a word and what follows it, lines that go on joined.</summary>
    public static List<(string Word, string Content)> Read(string text) => [.. text
        .Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
        .Select(line => line.Trim())
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(' ', 2))
        .Select(parts => (parts[0], parts[1].Trim()))];

    public static List<string> FindErrors(string text, string project)
    {
        var errors = new List<string>();
        var lines = Read(text);
        var lastStage = lines.FindLastIndex(l => l.Word == "FROM");
        var arguments = lines.Where(l => l.Word == "ARG").Select(l => l.Content.Split('=', 2)).ToDictionary(a => a[0], a => a.ElementAtOrDefault(1) ?? string.Empty);
        var bases = lines.Where(l => l.Word == "FROM").Select(l => Variable().Replace(l.Content.Split(' ')[0], m => arguments.GetValueOrDefault(m.Groups["name"].Value, string.Empty))).ToList();
        Check(bases.Count == 2, "there must be a stage that builds and one that runs");
        Check(bases.TrueForAll(b => FullVersion().IsMatch(b)), "every base must be pinned to a full version");
        Check(lines.FindLast(l => l.Word == "USER").Content == "1654:1654", "it must run as 1654:1654");
        Check(lines.FindLastIndex(l => l.Word == "USER") > lines.FindLastIndex(l => l.Word is "RUN" or "COPY"), "nothing may be copied or run behind USER");
        Check(lines.FindIndex(lastStage, l => l.Word == "HEALTHCHECK") > 0, "it must have a health check, or say that it has none");
        Check(!lines.Skip(lastStage).Any(l => l.Word == "COPY" && l.Content.Contains("src/", StringComparison.Ordinal)), "no source may be in the image");
        Check(!lines.Exists(l => l.Word == "ADD"), "ADD fetches and unpacks; use COPY");

        var restore = lines.FindIndex(l => l.Word == "RUN" && l.Content.StartsWith("dotnet restore", StringComparison.Ordinal));
        Check(restore > 0 && lines[restore].Content == $"dotnet restore src/{project} --locked-mode", $"it must restore src/{project}, locked");
        var copied = lines.Take(Math.Max(restore, 0)).Where(l => l.Word == "COPY").SelectMany(l => l.Content.Split(' ')[..^1]).ToHashSet();
        foreach (var needed in ProjectsOf(project).SelectMany(p => new[] { $"src/{p}/{p}.csproj", $"src/{p}/packages.lock.json" }).Concat(["global.json", "Directory.Build.props", "Directory.Packages.props"]))
        {
            Check(copied.Contains(needed), $"{needed} must be copied before the restore");
        }

        foreach (var source in lines.Where(l => l.Word == "COPY" && !l.Content.Contains("--from", StringComparison.Ordinal)).SelectMany(l => l.Content.Split(' ').Where(w => !w.StartsWith("--", StringComparison.Ordinal)).SkipLast(1)))
        {
            Check(Path.Exists(Tree.PathOf(source)), $"{source} does not exist");
        }

        foreach (Match setting in GridVariable().Matches(text))
        {
            Check(Settings.Exists(Settings.Of(setting.Value)), $"{setting.Value} is no setting");
        }

        return errors;

        void Check(bool holds, string rule)
        {
            if (!holds)
            {
                errors.Add(rule);
            }
        }
    }

    /// <summary>A project of src/ and all that it refers to.</summary>
    public static SortedSet<string> ProjectsOf(string project)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Visit(project);
        return found;

        void Visit(string name)
        {
            if (found.Add(name))
            {
                foreach (var reference in XDocument.Load(Tree.PathOf($"src/{name}/{name}.csproj")).Descendants("ProjectReference"))
                {
                    Visit(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
                }
            }
        }
    }

    [GeneratedRegex(@"\$\{(?<name>\w+)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();

    [GeneratedRegex(@":\d+\.\d+\.\d+(-[a-z-]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex FullVersion();

    [GeneratedRegex(@"Grid__\w+")]
    private static partial Regex GridVariable();
}
