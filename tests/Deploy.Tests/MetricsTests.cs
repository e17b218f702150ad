namespace EcStreamOrleans.Deploy.Tests;

/// <summary>Dashboard, alerts and gate ask for metrics that exist.</summary>
public class MetricsTests
{
    [Fact]
    public void The_names_are_those_that_the_documentation_has()
    {
        Assert.Contains("ecstream_edge_batch_duration_seconds_bucket", Metrics.Known);
        Assert.Contains("ecstream_edge_accepted_bytes_total", Metrics.Known);
        Assert.Contains("ecstream_edge_sessions_active", Metrics.Known);
        Assert.Contains("ecstream_spool_oldest_age_seconds", Metrics.Known);
    }

    [Fact]
    public void Every_metric_and_label_that_is_asked_for_exists()
    {
        var expressions = Expressions().ToList();
        Assert.True(expressions.Count > 40, $"{expressions.Count} expressions");
        Assert.All(expressions, e =>
        {
            Assert.Empty(Metrics.In(e.Text).Where(m => !Metrics.Known.Contains(m)).Select(m => $"{e.Where}: {m}"));
            Assert.Empty(Metrics.UnknownLabelValues(e.Text).Select(l => $"{e.Where}: {l}"));
            Assert.NotEmpty(Metrics.In(e.Text));
        });
    }

    [Fact]
    public void Every_metric_of_ours_is_on_the_dashboard()
    {
        var shown = Expressions().SelectMany(e => Metrics.In(e.Text)).ToHashSet();
        Assert.Subset(shown.Select(WithoutPart).ToHashSet(), Metrics.Known.Where(m => m.StartsWith("ecstream_", StringComparison.Ordinal)).Select(WithoutPart).ToHashSet());

        static string WithoutPart(string name) => name.Replace("_bucket", "", StringComparison.Ordinal).Replace("_sum", "", StringComparison.Ordinal).Replace("_count", "", StringComparison.Ordinal);
    }

    [Fact]
    public void Every_alert_says_how_bad_it_is_and_what_to_do()
    {
        var rules = Alerts().ToList();
        Assert.Equal(rules.Count, rules.Select(r => r.TextAt("alert")).Distinct().Count());
        Assert.All(rules, rule =>
        {
            Assert.Contains(rule.TextAt("labels.severity"), new[] { "page", "ticket" });
            Assert.NotNull(rule.TextAt("for"));
            Assert.NotEmpty(rule.TextAt("annotations.summary")!);
            Assert.NotEmpty(rule.TextAt("annotations.description")!);
        });
    }

    [Theory]
    [InlineData("sum(ecstream_edge_message_total)")]
    [InlineData("ecstream_edge_messages")]
    [InlineData("ecstream_spool_size")]
    public void A_metric_that_does_not_exist_is_found(string expression) => Assert.DoesNotContain(Assert.Single(Metrics.In(expression)), Metrics.Known);

    [Fact]
    public void A_label_value_that_does_not_exist_is_found() => Assert.Single(Metrics.UnknownLabelValues("ecstream_relay_messages_total{result=\"faild\"}"));

    private static IEnumerable<JsonNode> Alerts() => Tree.Yaml("deploy/prometheus/alerts.yml").Single().ListAt("groups").SelectMany(g => g.ListAt("rules"));

    private static IEnumerable<(string Where, string Text)> Expressions()
    {
        var dashboard = JsonNode.Parse(Tree.Text("deploy/grafana/grid.json")).ListAt("panels");
        return Alerts().Select(r => (r.TextAt("alert")!, r.TextAt("expr")!))
            .Concat(dashboard.SelectMany(p => p.ListAt("targets").Select(t => (p.TextAt("title")!, t.TextAt("expr")!))))
            .Append(("gate", Tree.Text("deploy/kubernetes/gate/errors.promql")));
    }
}
