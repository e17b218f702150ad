using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class IncludeTests
{
    [Fact]
    public void Directory_IsReadInOrderWithoutDotFilesAndSubdirectories()
    {
        var files = new MemoryConfigFiles
        {
            ["conf.d/20.conf"] = "b = 2",
            ["conf.d/10.conf"] = "a = 1",
            ["conf.d/.swp"] = ")",
            ["conf.d/sub/x.conf"] = ")",
        };

        var (document, diagnostics) = Trees.Parse("s { include \"conf.d\" }", files);

        Assert.Empty(diagnostics);
        Assert.Equal("<s|->a=1;b=2;</>", Trees.Shape(document));
    }

    [Fact]
    public void RelativePath_IsLookedForBesideTheIncluderThenInTheSearchPath()
    {
        var files = new MemoryConfigFiles
        {
            SearchPath = ["/global", "/default"],
            ["/etc/main.conf"] = "include \"sub/a.conf\"",
            ["/etc/sub/a.conf"] = "include \"b.conf\" include \"c.conf\" include \"d.conf\"",
            ["/etc/sub/b.conf"] = "b = beside",
            ["/global/b.conf"] = "b = global",
            ["/global/c.conf"] = "c = global",
            ["/default/c.conf"] = "c = default",
            ["/default/d.conf"] = "d = default",
        };

        var bag = new DiagnosticBag();
        var document = ConfigParser.Load("/etc/main.conf", files, ConfigStrictness.Strict, bag);

        Assert.Equal("b=beside;c=global;d=default;", Trees.Shape(document!));
    }

    [Fact]
    public void Files_AreInTheOrderOfReading_AndReadOnlyByKeywordOrByBeingInTwoPlaces()
    {
        var files = new MemoryConfigFiles
        {
            ["foo.conf"] = "include \"bar.conf\"",
            ["bar.conf"] = "a = 1",
            ["conf.d/1"] = "b = 1",
            ["conf.d/2"] = "b = 2",
            ["twice.conf"] = "c = 1",
            ["./twice.conf"] = "c = 1",
            ["denied.conf"] = "DENIED",
        };

        var (document, _) = Trees.Parse(
            "READONLY_include \"foo.conf\" include \"twice.conf\" s { readonly_include \"conf.d\" include \"./twice.conf\" include \"denied.conf\" }", files);

        Assert.Equal(
            [new("f", false), new("foo.conf", true), new("bar.conf", false), new("twice.conf", true), new("conf.d/1", true), new("conf.d/2", true), new("./twice.conf", true)],
            document.Files.ToArray());
        Assert.Equal(document.Files, document.Merge().Files);
        Assert.Equal(new ConfigFile("g", false), Assert.Single(ConfigurationLoader.Parse("", "g").Document!.Files));
    }

    [Fact]
    public void FileAddress_IsAPath()
    {
        var files = new MemoryConfigFiles { ["/etc/a.conf"] = "a = 1" };

        Assert.Equal("a=1;", Trees.Shape(Trees.Parse("include \"file:///etc/a.conf\"", files).Document));
    }

    [Theory]
    [InlineData("a = 1\n  include \"none.conf\"", "f:2:11: error: cannot include 'none.conf': no such file or directory (looked for none.conf, /search/none.conf)")]
    [InlineData("include \"denied.conf\"", "f:1:9: error: cannot read 'denied.conf': Permission denied")]
    [InlineData("include \"persist://a\"", "f:1:9: error: cannot include 'persist://a': only files and file:// addresses can be included")]
    [InlineData("include \"\"", "f:1:9: error: include needs the path of a file or a directory")]
    [InlineData("include \"self.conf\"", "self.conf:1:9: error: include loop: f -> self.conf -> self.conf")]
    [InlineData("include \"one.conf\"", "two.conf:1:9: error: include loop: f -> one.conf -> two.conf -> ./one.conf")]
    [InlineData("s { include \"open.conf\" }", "open.conf:1:3: error: the '{' of 'x' opened on line 1 is never closed; expected '}'")]
    [InlineData("s { include \"close.conf\" }", "close.conf:1:1: error: unexpected '}'; expected an option, a scope or the end of the file (no scope is open in this file)")]
    public void Mistake_IsReportedWhereItIs(string text, string expected)
    {
        var files = new MemoryConfigFiles
        {
            SearchPath = ["/search"],
            ["denied.conf"] = "DENIED",
            ["self.conf"] = "include \"self.conf\"",
            ["one.conf"] = "include \"two.conf\"",
            ["two.conf"] = "include \"./one.conf\"",
            ["./one.conf"] = "",
            ["open.conf"] = "x {",
            ["close.conf"] = "}",
        };

        Assert.Equal(expected, string.Join('\n', Trees.Parse(text, files).Diagnostics));
    }

    [Fact]
    public void Nesting_DeeperThanTheLimit_IsAnError()
    {
        var files = new MemoryConfigFiles();
        for (var i = 0; i <= 40; i++)
        {
            files[$"{i}"] = $"include \"{i + 1}\"";
        }

        var diagnostic = Assert.Single(Trees.Parse("include \"0\"", files).Diagnostics);

        Assert.StartsWith("includes are nested deeper than 32: f -> 0 -> 1", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesThatIncludeTheNextTwice_EndAtTheLimitOfFiles()
    {
        var files = new MemoryConfigFiles();
        for (var i = 0; i < 31; i++)
        {
            files[$"{i}"] = $"include \"{i + 1}\" include \"{i + 1}\"";
        }

        files["31"] = "";

        Assert.Contains(
            Trees.Parse("include \"0\"", files).Diagnostics,
            d => d.Message.Contains("a configuration may hold 10000 files", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_FileWithoutEnd_IsRefused()
    {
        if (!File.Exists("/dev/zero"))
        {
            return;
        }

        var result = ConfigurationLoader.Load("/dev/zero", new DiskConfigFiles([]));

        Assert.Equal(
            "/dev/zero:1:1: error: cannot read '/dev/zero': the file is larger than 16777216 characters",
            Assert.Single(result.Diagnostics).ToString());
    }

    [Fact]
    public void Load_FromDisk_ReadsIncludes()
    {
        var root = Directory.CreateTempSubdirectory("conf");
        try
        {
            var main = Path.Combine(root.FullName, "ecelerity.conf");
            Directory.CreateDirectory(Path.Combine(root.FullName, "conf.d"));
            File.WriteAllText(main, "ECStream_Listener {\r\n  include \"conf.d\"\r\n}\r\n", new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
            File.WriteAllText(Path.Combine(root.FullName, "conf.d", "a"), "Listen \":1825\" { }");

            var result = ConfigurationLoader.Load(main, new DiskConfigFiles([]));

            Assert.Empty(result.Diagnostics);
            Assert.Equal(":1825", Assert.Single(result.Configuration!.Listens).Address);
            var missing = ConfigurationLoader.Load(Path.Combine(root.FullName, "none"), DiskConfigFiles.FromEnvironment());
            Assert.EndsWith("none:1:1: error: cannot read the configuration: no such file", Assert.Single(missing.Diagnostics).ToString(), StringComparison.Ordinal);
            Assert.Null(missing.Configuration);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
