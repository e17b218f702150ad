using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>What the console answers where something is set beside the file.</summary>
public sealed class LiveViewTests
{
    private static readonly ConfigDocument File = Trees.Parse("""
        ECStream_Listener {
          ECStream_Idle_Time = 120
          Peer "10.0.0.0/16" { ECStream_Idle_Time = 600 ECStream_Max_Batch_Size = 7 }
          Listen ":25" { }
        }
        """).Document.Merge();

    private static readonly OverrideSet Overrides = OverrideSet.Empty.With(1,
    [
        At("", "10.0.7.7/16", new PeerOverride { IdleTime = TimeSpan.FromSeconds(60) }),
        At("", "192.0.2.1", new PeerOverride { MaxBatchSize = 5, MaxBatchSizeUntil = DateTimeOffset.UnixEpoch.AddYears(100) }),
        At("", "192.0.2.2", new PeerOverride { Suspended = true, SuspendedReason = "abuse\nof it" }),
        At("*:25", "::1", new PeerOverride { MaxBatchSize = 9 }),
        At(":26", "10.0.0.1", new PeerOverride { MaxBatchSize = 3 }),
    ]);

    private static readonly ConfigView View = new(File, Overrides);

    [Fact]
    public void Get_ShowsWhatIsSetInTheScope_InsteadOfWhatIsWrittenThere()
    {
        Assert.Equal("        ECStream_Idle_Time = 60", View.Get(["ECStream_Listener", "Peer", "10.0.0.0/16", "ecstream_idle_time"]).Text);
        Assert.Equal("        ECStream_Max_Batch_Size = 7", View.Get(["ECStream_Listener", "Peer", "10.0.0.0/16", "ECStream_Max_Batch_Size"]).Text);
    }

    [Fact]
    public void ShowRecurse_HasScopesThatNobodyHasWritten_ButNoneThatOnlySuspends() => Assert.Equal(
        """
        ECStream_Listener {
          ECStream_Idle_Time = 120
          Peer "10.0.0.0/16" {
            ECStream_Idle_Time = 60
            ECStream_Max_Batch_Size = 7
          }
          Listen ":25" {
            Peer "::1" {
              ECStream_Max_Batch_Size = 9
            }
          }
          Listen "0.0.0.0:26" {
            Peer "10.0.0.1" {
              ECStream_Max_Batch_Size = 3
            }
          }
          Peer "192.0.2.1" {
            ECStream_Max_Batch_Size = 5
          }
        }
        """,
        View.ShowRecurse([]).Text);

    [Fact]
    public void Locate_FindsThemToo() => Assert.Equal(
        "Peer \"192.0.2.1\"\n  is at ECStream_Listener::Peer:192.0.2.1:", View.Locate(["Peer", "192"]).Text);

    [Fact]
    public void Eval_NamesTheOverride_AndHasTheSettingAlone()
    {
        var answer = View.Eval(["ECStream_Listener", "Peer", "10.0.3.4", "ECStream_Idle_Time"]);

        Assert.Equal("ECStream_Idle_Time = 60  # from ECStream_Listener::Peer:10.0.0.0/16: (override)", answer.Text);
        Assert.Equal("ECStream_Idle_Time = 60", answer.Setting);
    }

    [Fact]
    public void Writeback_SaysWhatAFileCannot_AndBindsNoFurtherListen()
    {
        var text = ConfigWriteback.Render(File, Overrides, ["head"]);

        Assert.StartsWith(
            """
            # head
            # ECStream_Listener::Peer:192.0.2.1: ECStream_Max_Batch_Size was set until 2070-01-01T00:00:00Z; from here on it stays.
            # ECStream_Listener::Peer:192.0.2.2: is suspended, which a file cannot say: abuse of it
            # ECStream_Listener::Listen:0.0.0.0\:26:Peer:10.0.0.1: is left out: the file has no such Listen.

            ECStream_Listener {
            """,
            text);
        Assert.DoesNotContain("Listen \"0.0.0.0:26\"", text);
    }

    [Theory]
    [InlineData("", "ECStream_Listener Pathway Gateway")]
    [InlineData("ecstream_listener", "Listen Peer ECStream_Idle_Time")]
    [InlineData("ecstream_listener peer", "10.0.0.0/16 192.0.2.1")]
    [InlineData("ecstream_listener listen", ":25 0.0.0.0:26")]
    [InlineData("ecstream_listener listen :25 peer ::1", "ECStream_Idle_Time ECStream_Max_Batch_Size")]
    public void Complete_KnowsWhatMayComeNext(string words, string among)
    {
        var next = View.Complete(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Subset(next.ToHashSet(), among.Split(' ').ToHashSet());
    }

    [Fact]
    public void Complete_BehindNonsense_IsNothing() => Assert.Empty(View.Complete(["nonsense", "x"]));

    private static KeyValuePair<PeerScope, PeerOverride> At(string listen, string block, PeerOverride value)
    {
        Assert.True(PeerScope.TryParse(listen, block, out var scope, out var error), error);
        return new(scope, value);
    }
}
