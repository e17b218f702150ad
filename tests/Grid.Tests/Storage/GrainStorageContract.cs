using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo.State;
using Orleans.Storage;

namespace EcStreamOrleans.Grid.Tests.Storage;

/// <summary>What every grain storage does, wherever it keeps the states.</summary>
public abstract class GrainStorageContract : IAsyncLifetime
{
    private static readonly GrainId Grain = GrainId.Create("peer", "10.0.0.1");

    private IGrainStorage _storage = null!;

    /// <summary>The longest text of a state that must fit.</summary>
    protected virtual int LongText => 900_000;

    /// <summary>Whether a cleared state keeps its place, so that whoever knows nothing of it cannot write over it.</summary>
    protected virtual bool KeepsClearedStates => true;

    /// <summary>Keys that are to be kept apart.</summary>
    protected virtual string[] StrangeKeys =>
        ["2001:db8::1", "10.0.0.0/8", "10.0.0.0/80", "unix", "Пётр", "100%41", "'; DROP TABLE grain_state; --", "ä\ud83d\udce7", new string('k', 400)];

    public virtual async Task InitializeAsync() => _storage = await OpenAsync();

    public abstract Task DisposeAsync();

    [ContractFact]
    public async Task WhatWasNeverWritten_IsMissing_AndWhatSomebodyHeldIsDropped()
    {
        var state = new GrainState<Note>(new Note { Text = "held" }, "\"old\"") { RecordExists = true };

        await _storage.ReadStateAsync("note", Grain, state);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal("", state.State!.Text);
    }

    [ContractFact]
    public async Task WhatIsWritten_IsRead_AlsoByAnotherInstance()
    {
        var state = new GrainState<Note>(new Note { Text = "first" });
        await _storage.WriteStateAsync("note", Grain, state);
        state.State = new Note { Text = "second" };
        await _storage.WriteStateAsync("note", Grain, state);

        var read = new GrainState<Note>(new Note());
        await (await OpenAsync()).ReadStateAsync("note", Grain, read);

        Assert.True(read.RecordExists);
        Assert.Equal(("second", state.ETag), (read.State!.Text, read.ETag));
        Assert.False((await ReadAsync(Grain, "another")).RecordExists);
    }

    [ContractFact]
    public async Task TheSameStateAgain_IsANewVersion()
    {
        var state = new GrainState<Note>(new Note { Text = "same" });
        await _storage.WriteStateAsync("note", Grain, state);
        var first = state.ETag;
        await _storage.WriteStateAsync("note", Grain, state);
        Assert.NotEqual(first, state.ETag);
    }

    [ContractFact]
    public async Task AStaleWriter_IsRefused_AndChangesNothing()
    {
        var first = await ReadAsync(Grain);
        var second = await ReadAsync(Grain);
        first.State = new Note { Text = "first" };
        await _storage.WriteStateAsync("note", Grain, first);
        var third = await ReadAsync(Grain);
        first.State = new Note { Text = "first, again" };
        await _storage.WriteStateAsync("note", Grain, first);

        // The second knows of no version, the third an old one.
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => _storage.WriteStateAsync("note", Grain, second));
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => _storage.WriteStateAsync("note", Grain, third));
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => _storage.ClearStateAsync("note", Grain, third));
        Assert.Equal("first, again", (await ReadAsync(Grain)).State!.Text);
    }

    [ContractFact]
    public async Task OfManyWritersAtOnce_OneWins()
    {
        await _storage.WriteStateAsync("note", Grain, new GrainState<Note>(new Note()));
        var states = await Task.WhenAll(Enumerable.Range(0, 16).Select(async n =>
        {
            var state = await ReadAsync(Grain);
            state.State = new Note { Text = $"{n}" };
            return state;
        }));

        Assert.Equal((await WinnersAsync(states)).Single(), (await ReadAsync(Grain)).State!.Text);
    }

    [ContractFact]
    public async Task OfManyFirstWritersAtOnce_OneWins()
    {
        var states = Enumerable.Range(0, 16).Select(n => new GrainState<Note>(new Note { Text = $"{n}" }));

        Assert.Equal((await WinnersAsync(states)).Single(), (await ReadAsync(Grain)).State!.Text);
    }

    [ContractFact]
    public async Task WhatIsCleared_IsMissing_AndItsEarlierWritersAreFoundOut()
    {
        var state = new GrainState<Note>(new Note { Text = "x" });
        await _storage.WriteStateAsync("note", Grain, state);
        var earlier = await ReadAsync(Grain);
        await _storage.ClearStateAsync("note", Grain, state);
        Assert.False(state.RecordExists);
        Assert.Equal("", state.State!.Text);
        var read = await ReadAsync(Grain);
        Assert.False(read.RecordExists);
        Assert.Equal(state.ETag, read.ETag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => _storage.WriteStateAsync("note", Grain, earlier));

        state.State = new Note { Text = "again" };
        await _storage.WriteStateAsync("note", Grain, state);
        Assert.Equal("again", (await ReadAsync(Grain)).State!.Text);
    }

    [ContractFact]
    public async Task Clearing_MayComeBeforeTheFirstWrite_AndTwice()
    {
        var state = new GrainState<Note>(new Note { Text = "x" });
        await _storage.ClearStateAsync("note", Grain, state);
        await _storage.ClearStateAsync("note", Grain, state);
        Assert.Equal(("", false), (state.State!.Text, state.RecordExists));

        state.State = new Note { Text = "y" };
        await _storage.WriteStateAsync("note", Grain, state);
        Assert.Equal("y", (await ReadAsync(Grain)).State!.Text);
    }

    [ContractFact]
    public async Task LargeStates_AndStrangeKeys_AreKeptApart()
    {
        foreach (var key in StrangeKeys)
        {
            await _storage.WriteStateAsync("note", GrainId.Create("peer", key), new GrainState<Note>(new Note { Text = key + new string('x', LongText) }));
        }

        foreach (var key in StrangeKeys)
        {
            Assert.Equal(key + new string('x', LongText), (await ReadAsync(GrainId.Create("peer", key))).State!.Text);
        }
    }

    [ContractFact]
    public async Task AStateThatShrinks_LeavesNothingBehind()
    {
        var state = new GrainState<Note>(new Note { Text = new string('x', LongText) });
        await _storage.WriteStateAsync("note", Grain, state);
        state.State = new Note { Text = "short" };
        await _storage.WriteStateAsync("note", Grain, state);
        Assert.Equal("short", (await ReadAsync(Grain)).State!.Text);
    }

    /// <summary>Every sequence of three operations, each with no version, the current one and an earlier one, against what a list would do.</summary>
    [ContractFact]
    public async Task EverySequenceOfOperations_DoesWhatTheModelSays()
    {
        var operations = (from kind in Enum.GetValues<Operation>() from version in Enum.GetValues<Knowledge>() select (kind, version)).ToArray();
        var sequences = from a in operations from b in operations from c in operations select new[] { a, b, c };
        await Parallel.ForEachAsync(sequences.Index(), async (sequence, _) => await new Model(this, GrainId.Create("peer", $"s{sequence.Index}")).RunAsync(sequence.Item));
    }

    /// <summary>Another opening of the same storage, as another process would have it.</summary>
    private protected abstract Task<IGrainStorage> OpenAsync();

    private async Task<List<string>> WinnersAsync(IEnumerable<GrainState<Note>> states)
    {
        var outcomes = await Task.WhenAll(states.Select(async state =>
        {
            try
            {
                await _storage.WriteStateAsync("note", Grain, state);
                return state.State!.Text;
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        }));
        return [.. outcomes.OfType<string>()];
    }

    private async Task<GrainState<Note>> ReadAsync(GrainId grain, string name = "note")
    {
        var state = new GrainState<Note>(new Note());
        await _storage.ReadStateAsync(name, grain, state);
        return state;
    }

    public sealed class Note
    {
        public string Text { get; set; } = "";
    }

    private enum Operation
    {
        Read,
        Write,
        Clear,
    }

    private enum Knowledge
    {
        None,
        Current,
        Earlier,
    }

    /// <summary>One state as it ought to be: versions that it had, whether its place is taken, and its text.</summary>
    private sealed class Model(GrainStorageContract contract, GrainId grain)
    {
        private readonly List<string> _earlier = [];
        private string? _current;
        private string? _text;
        private int _writes;

        public async Task RunAsync((Operation Kind, Knowledge Version)[] sequence)
        {
            foreach (var (kind, version) in sequence)
            {
                var what = $"{string.Join(", ", sequence)} at {kind} {version}";
                var eTag = version switch { Knowledge.None => null, Knowledge.Current => _current, _ => _earlier.LastOrDefault() };
                var state = new GrainState<Note>(new Note { Text = $"{++_writes}" }, eTag!);
                switch (kind)
                {
                    case Operation.Read:
                        await contract._storage.ReadStateAsync("note", grain, state);
                        break;
                    case Operation.Write when eTag == _current:
                        await contract._storage.WriteStateAsync("note", grain, state);
                        Store(state.ETag, $"{_writes}");
                        break;
                    case Operation.Clear when eTag == _current || (eTag is null && !contract.KeepsClearedStates):
                        await contract._storage.ClearStateAsync("note", grain, state);
                        Assert.True(state.State is not null && !state.RecordExists, what);
                        if (eTag is not null || contract.KeepsClearedStates)
                        {
                            Store(state.ETag, null);
                        }

                        break;
                    default:
                        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => kind == Operation.Write
                            ? contract._storage.WriteStateAsync("note", grain, state)
                            : contract._storage.ClearStateAsync("note", grain, state));
                        break;
                }

                var read = await contract.ReadAsync(grain);
                Assert.True((_current, _text ?? "", _text is not null) == (read.ETag, read.State!.Text, read.RecordExists), what);
            }
        }

        private void Store(string? eTag, string? text)
        {
            if (_current is not null)
            {
                _earlier.Add(_current);
            }

            (_current, _text) = (eTag, text);
        }
    }
}

public sealed class SqliteGrainStorageTests : GrainStorageContract
{
    private readonly TempDirectory _directory = new();

    protected override int LongText => 1_000_000;

    protected override string[] StrangeKeys => [.. base.StrangeKeys, "10.0.0.0_8", "a\u0001b", new string('k', 2_000)];

    public override Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    private protected override Task<IGrainStorage> OpenAsync() => Task.FromResult<IGrainStorage>(new SqliteGrainStorage(new SqliteFile(_directory.Sub("state.db"))));
}
