using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class ConfigViewTests
{
    private const string Text = """
        message_expiration = 86400
        Gateway = "mx.example.com"
        Delivery_Method = "ECSTREAM"
        Pathway_Group g { ECStream_Idle_Time = 70 Pathway "gold" { ECStream_Max_Batch_Size = 4 } }
        ecstream_listener {
          ECStream_Idle_Time = 120
          Peer "10.0.0.0/16" { ECStream_Idle_Time = 600 }
          Peer "10.0.0.0/8" { ECStream_Max_Batch_Size = 8 }
          Peer "127.0.0.1" { ECStream_Idle_Time = 4 }
          Peer "::1" { ECStream_Max_Batch_Size = 6 }
          Listen ":25" { Enable = off Peer "10.0.0.1" { ECStream_Idle_Time = 1 } }
          Listen "[::1]:587" { Pathway = gold Listen_Backlog = "9" }
        }
        Domain "earthlink.net" { Message_Expiration = 900 Routes = ( "a" b ) }
        auth_ds { Scheme ecauth { QueryGroups { a = 1 } } }
        """;

    private static readonly ConfigView View = new(Trees.Parse(Text).Document.Merge());

    [Theory]
    [InlineData("get message_EXPIRATION", "Message_Expiration = 86400")]
    [InlineData("get domain earthlink.net message_expiration", "        Message_Expiration = 900")]
    [InlineData("get domain earthlink.net routes", "        Routes = (\n          \"a\"\n          b\n        )")]
    [InlineData("get blackhole", "? Option 'Blackhole' is not set in scope ''.")]
    [InlineData("get ECStream_Listener Listen *:25 ecstream_idle_time", @"? Option 'ECStream_Idle_Time' is not set in scope 'ECStream_Listener::Listen:\:25:'.")]
    [InlineData("get ECStream_Listener Listen *:25 Peer 10.0.0.1/32 ECStream_Idle_Time", "        ECStream_Idle_Time = 1")]
    [InlineData("get ECStream_Listener Peer 10.0.0.9 ECStream_Idle_Time", "? Option 'ECStream_Idle_Time' is not set in scope 'ECStream_Listener::Peer:10.0.0.9:'.")]
    [InlineData("get nonsense x", "! 'nonsense' is not a valid scope name in scope 'Global'")]
    [InlineData("get ecstream_listener nonsense x", "! 'nonsense' is not a valid scope name in scope 'ECStream_Listener::'")]
    [InlineData("get ecstream_listener listen x", "! 'listen' in scope 'ECStream_Listener::' needs an instance")]
    [InlineData("get", "! expected scopes, if any, and an option")]
    [InlineData("eval ECStream_Idle_Time", "ECStream_Idle_Time = 300  # default")]
    [InlineData("eval gateway", "Gateway = \"mx.example.com\"  # from Global")]
    [InlineData("eval ECStream_Listener Listen :25 Peer 10.0.0.1 Gateway", "Gateway = \"mx.example.com\"  # from Global")]
    [InlineData("eval ECStream_Listener Listen :25 Enable", @"Enable = off  # from ECStream_Listener::Listen:\:25:")]
    [InlineData("eval ECStream_Listener Listen [0::1]:587 listen_backlog", @"Listen_Backlog = ""9""  # from ECStream_Listener::Listen:[\:\:1]\:587:")]
    [InlineData("eval ECStream_Listener Listen :25 file_mode", "File_Mode = 0660  # default")]
    [InlineData("eval ECStream_Listener Listen :25 Peer 10.0.0.1 ECStream_Idle_Time", @"ECStream_Idle_Time = 1  # from ECStream_Listener::Listen:\:25:Peer:10.0.0.1:")]
    [InlineData("eval ECStream_Listener Listen :25 Peer ::ffff:10.0.0.1 ECStream_Max_Batch_Size", "ECStream_Max_Batch_Size = 8  # from ECStream_Listener::Peer:10.0.0.0/8:")]
    [InlineData("eval ECStream_Listener Listen :26 Peer 10.0.0.1 ECStream_Idle_Time", "ECStream_Idle_Time = 600  # from ECStream_Listener::Peer:10.0.0.0/16:")]
    [InlineData("eval ECStream_Listener Peer unix ECStream_Idle_Time", "ECStream_Idle_Time = 4  # from ECStream_Listener::Peer:127.0.0.1:")]
    [InlineData("eval ECStream_Listener Peer unix ECStream_Max_Batch_Size", @"ECStream_Max_Batch_Size = 6  # from ECStream_Listener::Peer:\:\:1:")]
    [InlineData("eval ECStream_Listener Peer 10.0.0.0/12 ECStream_Idle_Time", "ECStream_Idle_Time = 120  # from ECStream_Listener::")]
    [InlineData("eval ECStream_Listener Peer 10.0.4.0/24 ECStream_Idle_Time", "ECStream_Idle_Time = 600  # from ECStream_Listener::Peer:10.0.0.0/16:")]
    [InlineData("eval ECStream_Listener Peer mx.example.com ECStream_Idle_Time", "! unable to parse Peer mx.example.com: host names are not accepted; write an IP address")]
    [InlineData("eval ECStream_Listener Listen [::1]:587 Peer ::2 ECStream_Max_Batch_Size", "ECStream_Max_Batch_Size = 4  # from Pathway_Group:g:Pathway:gold:")]
    [InlineData("eval Pathway gold ECStream_Idle_Time", "ECStream_Idle_Time = 70  # from Pathway_Group:g:")]
    [InlineData("eval ECStream_Listener Listen :25 Pathway", @"? Option 'Pathway' is not set in scope 'ECStream_Listener::Listen:\:25:'.")]
    [InlineData("eval domain earthlink.net gateway", "Gateway = \"mx.example.com\"  # from Global")]
    [InlineData("eval domain earthlink.net message_expiration", "Message_Expiration = 900  # from Domain:earthlink.net:")]
    [InlineData("eval ECStream_Listener message_expiration", "Message_Expiration = 86400  # from Global")]
    [InlineData("eval ECStream_Listener blackhole", "? Option 'Blackhole' is not set in scope 'ECStream_Listener::'.")]
    [InlineData("show ecstream_listener listen :25", "Enable = off\nPeer \"10.0.0.1\" { ... }")]
    [InlineData("show ecstream_listener listen [::1]:587 pathway", "Pathway = gold")]
    [InlineData("show domain earthlink.net", "Message_Expiration = 900\nRoutes = (\n  \"a\"\n  b\n)")]
    [InlineData("show auth_ds", "Scheme \"ecauth\" { ... }")]
    [InlineData("show Pathway", "! 'Pathway' in scope 'Global' needs an instance")]
    [InlineData("show ecstream_listener Pathway", "? Option 'Pathway' is not set in scope 'ECStream_Listener::'.")]
    [InlineData("show ecstream_listener listen :26", @"? Scope 'ECStream_Listener::Listen:\:26:' is not there.")]
    [InlineData("show ecstream_listener nonsense", "! 'nonsense' is not a valid scope name in scope 'ECStream_Listener::'")]
    [InlineData("showrecurse ecstream_listener listen *:25", "Listen \":25\" {\n  Enable = off\n  Peer \"10.0.0.1\" {\n    ECStream_Idle_Time = 1\n  }\n}")]
    [InlineData("showrecurse auth_ds Scheme ecauth QueryGroups", "QueryGroups {\n  a = 1\n}")]
    [InlineData("showrecurse ecstream", "? Scope 'ecstream::' is not there.")]
    [InlineData("locate queryGROUPS", "QueryGroups\n  is at auth_ds::Scheme:ecauth:QueryGroups::")]
    [InlineData("locate Listen", "Listen \":25\"\n  is at ECStream_Listener::Listen:\\:25:\nListen \"[::1]:587\"\n  is at ECStream_Listener::Listen:[\\:\\:1]\\:587:")]
    [InlineData("locate Listen [0:0::1]:587", "Listen \"[::1]:587\"\n  is at ECStream_Listener::Listen:[\\:\\:1]\\:587:")]
    [InlineData("locate Listen [::1", "Listen \"[::1]:587\"\n  is at ECStream_Listener::Listen:[\\:\\:1]\\:587:")]
    [InlineData("locate Peer 10.0.0.1", "Peer \"10.0.0.1\"\n  is at ECStream_Listener::Listen:\\:25:Peer:10.0.0.1:")]
    [InlineData("locate scheme ec.+h", "Scheme \"ecauth\"\n  is at auth_ds::Scheme:ecauth:")]
    [InlineData("locate domain EARTH", "Domain \"earthlink.net\"\n  is at Domain:earthlink.net:")]
    [InlineData("locate domain mars", "? No scope 'domain mars' is there.")]
    [InlineData("locate", "! expected the name of a scope and perhaps an instance or a regular expression")]
    public void AQuestion_HasItsAnswer(string question, string expected) => Assert.Equal(expected, Ask(View, question));

    [Fact]
    public void Locate_WhatIsNoRegularExpression_IsSaid() =>
        Assert.StartsWith("! '(a' is no instance and no regular expression", Ask(View, "locate listen (a"), StringComparison.Ordinal);

    [Fact]
    public void Locate_AnExpensiveExpression_IsAnswered()
    {
        var view = new ConfigView(Trees.Parse($"Domain \"{new string('a', 60_000)}!\" {{ }}").Document);

        Assert.StartsWith("? No scope", Ask(view, "locate domain (a+)+$"), StringComparison.Ordinal);
    }

    [Fact]
    public void ShowRecurse_ReadsBackAsTheSameTree()
    {
        var answer = View.ShowRecurse([]);

        var (document, diagnostics) = Trees.Parse(answer.Text);
        Assert.Empty(diagnostics);
        Assert.Equal(Trees.Shape(Trees.Parse(Text).Document.Merge()), Trees.Shape(document));
    }

    [Fact]
    public void PartsOfAPeer_InManySpellings_AreOneScopeWhoseLastValueCounts()
    {
        var result = ConfigurationLoader.Parse(
            """
            ECStream_Listener {
              Listen ":25" { }
              Peer "10.0.0.1" { ECStream_Idle_Time = 1 }
              Peer "10.0.0.1/32" { ECStream_Idle_Time = 2 ECStream_Max_Batch_Size = 9 }
              Peer "10.0.0.1" { ECStream_Idle_Time = 3 }
            }
            """,
            "f");
        Assert.True(PeerId.TryParse("10.0.0.1", out var peer));

        Assert.Equal(3, PolicyEvaluator.Evaluate(result.Configuration!, OverrideSet.Empty, ":25", peer).IdleTime.Value.TotalSeconds);
        Assert.Equal(
            "Peer \"10.0.0.1\" {\n  ECStream_Idle_Time = 3\n  ECStream_Max_Batch_Size = 9\n}",
            Ask(new ConfigView(result.Document!), "showrecurse ECStream_Listener Peer ::ffff:10.0.0.1"));
    }

    private static string Ask(ConfigView view, string question)
    {
        var words = question.Split(' ')[1..];
        var answer = question.Split(' ')[0] switch
        {
            "get" => view.Get(words),
            "eval" => view.Eval(words),
            "show" => view.Show(words),
            "showrecurse" => view.ShowRecurse(words),
            _ => view.Locate(words),
        };
        return answer.Kind switch { ConfigAnswerKind.Found => "", ConfigAnswerKind.NotFound => "? ", _ => "! " } + answer.Text;
    }
}
