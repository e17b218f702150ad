using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>Forms that Momentum's users have in their files, each with the tree it must give.</summary>
public sealed class MomentumSnippetTests
{
    [Theory]
    [InlineData("""ECStream_Listener { Listen ":1825" { ECStream_Idle_Time = 300  ECStream_Max_Batch_Size = 10000 } }""", "<ECStream_Listener|-><Listen|:1825>ECStream_Idle_Time=300;ECStream_Max_Batch_Size=10000;</></>")]
    [InlineData("ecstream {}\nECStream_Listener { Listen \":1825\" { } }", "<ecstream|-></><ECStream_Listener|-><Listen|:1825></></>")]
    [InlineData("Listen_Backlog = 500  # new default is 500", "Listen_Backlog=500;")]
    [InlineData("Enable = \"false\"", "Enable=false;")]
    [InlineData("Enable = false", "Enable=false;")]
    [InlineData("Pool_Name = \"accept-pool\"\nThreadPool accept-pool { Concurrency = 4 }", "Pool_Name=accept-pool;<ThreadPool|accept-pool>Concurrency=4;</>")]
    [InlineData("a = 1\n#Listen \"[::1]:25\" {}\nb = 2", "a=1;b=2;")]
    [InlineData("E { Listen \"*:25\" {} Listen \"127.0.0.1:25\" {} Listen \"[*]:25\" {} }", "<E|-><Listen|*:25></><Listen|127.0.0.1:25></><Listen|[*]:25></></>")]
    [InlineData("Listen \"[::]:25\" {} Listen \"[0:0:0:0:0:0:0:0]:25\" {} Listen \"[fd82::aa4a]:587\" {}", "<Listen|[::]:25></><Listen|[0:0:0:0:0:0:0:0]:25></><Listen|[fd82::aa4a]:587></>")]
    [InlineData("Control_Listener { Listen \"/tmp/2025\" { File_Mode = 0666 } }", "<Control_Listener|-><Listen|/tmp/2025>File_Mode=0666;</></>")]
    [InlineData("AuthDigestMD5Parameters [ uri = \"digest://x\" log_authentication = \"true\" ]", "AuthDigestMD5Parameters=[uri:digest://x|log_authentication:true];")]
    [InlineData("ESMTP_Listener { Peer \"10.0.0.0/16\" { a = 1 } Listen \":25\" { Peer \"10.0.0.1\" { a = 2 } } }", "<ESMTP_Listener|-><Peer|10.0.0.0/16>a=1;</><Listen|:25><Peer|10.0.0.1>a=2;</></></>")]
    [InlineData("Peer \"0.0.0.0/0\" { context = [ k = \"v\" ] } Peer \"10.0.0.0/32\" { context = [ k = \"v\" ] }", "<Peer|0.0.0.0/0>context=[k:v];</><Peer|10.0.0.0/32>context=[k:v];</>")]
    [InlineData("SMTP_Extensions = ( \"ENHANCEDSTATUSCODES\" \"AUTH LOGIN\" )", "SMTP_Extensions=(ENHANCEDSTATUSCODES|AUTH LOGIN);")]
    [InlineData("headerlist = (\"from\", \"to\", \"subject\")", "headerlist=(from|to|subject);")]
    [InlineData("monitors = ( \"300,6\" \"1800,4\" )", "monitors=(300,6|1800,4);")]
    [InlineData("DEBUG = ()\nERROR = (TIME FD SMTP)", "DEBUG=();ERROR=(TIME|FD|SMTP);")]
    [InlineData("Subscriber = () # don't pull anything", "Subscriber=();")]
    [InlineData("n = (\n a\n # one 'more\n b # here\n c\n#last\n d )", "n=(a|b|c|d);")]
    [InlineData("node n1.int.example { mta_id = 1  votes = 1 }", "<node|n1.int.example>mta_id=1;votes=1;</>")]
    [InlineData("Domain /google\\.(com|es|ru)$/{ a = 1 }", "<Domain|/google\\.(com|es|ru)$/>a=1;</>")]
    [InlineData("domain \"/(?:^|[.])example[.](?:com|co[.]uk)$/\" { }", "<domain|/(?:^|[.])example[.](?:com|co[.]uk)$/></>")]
    [InlineData("domain \"apn_example.com\"{ }", "<domain|apn_example.com></>")]
    [InlineData("bits [ 0.0.0.1 = \"list1_hits\" # 0.0.0.2 = no\n 99 = b \"0\" = c ]", "bits=[0.0.0.1:list1_hits|99:b|0:c];")]
    [InlineData("NAS-IP-Address = 10.0.0.1 # the IP", "NAS-IP-Address=10.0.0.1;")]
    [InlineData("AuthLoginParameters = [uri = \"mysqlauth://\"]", "AuthLoginParameters=[uri:mysqlauth://];")]
    [InlineData("mail_loop \"mail_loop1\"\n{\n}", "<mail_loop|mail_loop1></>")]
    [InlineData("Enable_FBL_Header_Insertion = enabled log_receptions = off State = enabled", "Enable_FBL_Header_Insertion=enabled;log_receptions=off;State=enabled;")]
    [InlineData("rejection_format = \"%p\n @ %R\"", "rejection_format=%p\n @ %R;")]
    [InlineData("eventloop \"pool\" { } threadpool \"accept\" { } delivery_pool = \"pool\" esmtp_listener { listen \":25\" { } }", "<eventloop|pool></><threadpool|accept></>delivery_pool=pool;<esmtp_listener|-><listen|:25></></>")]
    [InlineData("outbound_throttle_connections = \"1/60\" outbound_throttle_messages = 10", "outbound_throttle_connections=1/60;outbound_throttle_messages=10;")]
    [InlineData("invalid_option = 1", "invalid_option=1;")]
    [InlineData("Pathway \"example1\" { allow_null_envelope_sender = true } Listen \":25\" { pathway = \"example1\" }", "<Pathway|example1>allow_null_envelope_sender=true;</><Listen|:25>pathway=example1;</>")]
    [InlineData("mm7_message_class=\"personal\"", "mm7_message_class=personal;")]
    [InlineData("Bounce_Pattern = \"^bounces-\\d+-\\d+@\" a = \"/^yahoo\\\\.*/\" b = \"say \\\"hi\\\"\"", "Bounce_Pattern=^bounces-\\d+-\\d+@;a=/^yahoo\\.*/;b=say \"hi\";")]
    public void Parse_LegalForm_GivesTreeWithoutRemark(string text, string shape)
    {
        var (document, diagnostics) = Trees.Parse(text);

        Assert.Empty(diagnostics);
        Assert.Equal(shape, Trees.Shape(document));
    }

    [Theory]
    [InlineData("Control_Listener { Listen /tmp/2025 {} }", "<Control_Listener|-><Listen|/tmp/2025></></>", "f:1:27: info: '/tmp/2025' holds a '/': better put it in double quotes")]
    [InlineData("p = [ uri = digest:///opt/passwd ]", "p=[uri:digest:///opt/passwd];", "f:1:13: info: 'digest:///opt/passwd' holds a '/': better put it in double quotes")]
    [InlineData("ESMTP_Listener = { Listen \":465\" { Use_SSL = true } }", "<ESMTP_Listener|-><Listen|:465>Use_SSL=true;</></>", "f:1:16: warning: the '=' before '{' is not needed")]
    [InlineData("Listen \":465\" = { }", "<Listen|:465></>", "f:1:15: warning: the '=' before '{' is not needed")]
    [InlineData("domain \u201Cgold.example.com\u201D {\n delivery_method = \"ECSTREAM\" ecstream_port = 31337 }", "<domain|gold.example.com>delivery_method=ECSTREAM;ecstream_port=31337;</>", "f:1:8: warning: typographic quotes around 'gold.example.com' are read as \"")]
    [InlineData("low_action = (\"throttle\u201D\n \"down\u201D)", "low_action=(throttle|down);", "f:1:15: warning: typographic quotes around 'throttle' are read as \"\nf:2:2: warning: typographic quotes around 'down' are read as \"")]
    public void Parse_LegalButOddForm_GivesTreeAndRemark(string text, string shape, string remarks)
    {
        var (document, diagnostics) = Trees.Parse(text);

        Assert.Equal(shape, Trees.Shape(document));
        Assert.Equal(remarks, string.Join('\n', diagnostics));
    }

    [Fact]
    public void Parse_IncludesInScopes_StandInTheirPlace()
    {
        var files = new MemoryConfigFiles
        {
            ["foo.conf"] = "Domain yahoo.com { Gateway = \"10.0.0.1\" include \"bar.conf\" }",
            ["bar.conf"] = "Retry = 5",
            ["baz.conf"] = "a = 1",
        };

        var (document, diagnostics) = Trees.Parse("readonly_include \"foo.conf\"\ninclude \"baz.conf\"\nb = 2", files);

        Assert.Empty(diagnostics);
        Assert.Equal("<Domain|yahoo.com>Gateway=10.0.0.1;Retry=5;</>a=1;b=2;", Trees.Shape(document));
        var domain = Assert.IsType<ConfigScope>(document.Children[0]);
        Assert.Equal(new SourceLocation("bar.conf", 1, 1), domain.Children[1].Location);
    }

    [Fact]
    public void Merge_SameInstanceTwice_JoinsAndLastValueShadows()
    {
        var (document, _) = Trees.Parse("binding_group \"group1\" { a = 1 b = 1 }\nx = 1\nBinding_Group \"group1\" { A = 2 c = 3 } binding_group \"Group1\" { } X = ( 2 ) x { }");

        Assert.Equal("<binding_group|group1>A=2;b=1;c=3;</>X=(2);<binding_group|Group1></><x|-></>", Trees.Shape(document.Merge()));
    }

    [Theory]
    [InlineData("Domain /google\\.(com|es)$/{ }", true)]
    [InlineData("Domain \"/a/\" { }", true)]
    [InlineData("Domain example.com { }", false)]
    [InlineData("Domain \"/tmp\" { }", false)]
    [InlineData("Domain { }", false)]
    public void IsRegexInstance_TellsByTheSlashes(string text, bool expected) =>
        Assert.Equal(expected, Assert.IsType<ConfigScope>(Assert.Single(Trees.Parse(text).Document.Children)).IsRegexInstance);

    [Fact]
    public void Parse_WordThatEndsInSlashAsPath_IsIncluded()
    {
        var files = new MemoryConfigFiles { ["/etc/conf.d/a"] = "a = 1" };

        Assert.Equal("a=1;", Trees.Shape(Trees.Parse("include /etc/conf.d/\n", files).Document));
    }
}
