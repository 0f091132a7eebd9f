# For interactive shells of a session: the terminals of opencode and of the web IDE.
[ -n "${PS1:-}" ] || return 0

shopt -s checkwinsize histappend globstar
HISTSIZE=10000
HISTFILESIZE=20000
HISTCONTROL=ignoreboth

[ ! -r /usr/share/bash-completion/bash_completion ] || . /usr/share/bash-completion/bash_completion
[ ! -r /usr/lib/git-core/git-sh-prompt ] || . /usr/lib/git-core/git-sh-prompt
GIT_PS1_SHOWDIRTYSTATE=1
PS1='\[\e[36m\]\w\[\e[33m\]$(__git_ps1 " %s")\[\e[0m\] \$ '

alias ls='ls --color=auto' ll='ls -lh' la='ls -lhA' grep='grep --color=auto'
